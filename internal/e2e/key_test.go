package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// testKey is the service account's key, made once, and short: signing with a long one would take a third of all the time.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return k
})
