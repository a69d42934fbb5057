package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// testKey is the service account's key, made once: making one takes longer than most tests.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})
