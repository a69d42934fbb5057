//go:debug rsa1024min=0
package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// testKey is the service account's key, made once, and far too short to be safe, as it signs for nobody but the simulated school: a run signs once for each
// account, and with a key of 1024 bits that took six times as long, a tenth of all the time of these tests.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 512)
	if err != nil {
		panic(err)
	}
	return k
})
