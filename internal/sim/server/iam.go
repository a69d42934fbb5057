package server

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

const (
	// metadataPath is where a process on Google Cloud asks who it is (https://cloud.google.com/compute/docs/metadata/querying-metadata).
	metadataPath = "/computeMetadata/v1/"
	// signJWT is the method by which a service account signs without anybody holding its key.
	signJWT = "iamcredentials.projects.serviceAccounts.signJwt"
	// cloudScope is the one scope that a process on Cloud Run gets for itself.
	cloudScope = "https://www.googleapis.com/auth/cloud-platform"
	// longestClaim is how far ahead signJwt lets a claim expire.
	longestClaim = 12 * time.Hour
)

// serveMetadata answers like the metadata server of a machine that runs as the first service account: its address, and a token of its
// own, which is good for Google Cloud and for nobody's data.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	defer func() { s.note("metadata", "", status, "") }()
	refuse := func(code int, text string) {
		status = code
		http.Error(w, text, code)
	}
	w.Header().Set("Metadata-Flavor", "Google")
	what, ok := strings.CutPrefix(r.URL.Path, metadataPath+"instance/service-accounts/default/")
	switch {
	case r.Method != http.MethodGet:
		refuse(http.StatusMethodNotAllowed, "Method Not Allowed")
	case r.Header.Get("Metadata-Flavor") != "Google" || r.Header.Get("X-Forwarded-For") != "":
		refuse(http.StatusForbidden, "Your client does not have permission to get the URL: the header Metadata-Flavor: Google is missing.")
	case ok && what == "email":
		fmt.Fprint(w, s.clients[0].Email)
	case ok && what == "token":
		b, err := marshal(map[string]any{"access_token": s.mint(session{client: s.clients[0].Email, scopes: []string{cloudScope}}),
			"expires_in": int(tokenLife.Seconds()) - 1, "token_type": "Bearer"})
		if err != nil {
			refuse(http.StatusInternalServerError, "Internal error")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(b)
	default:
		refuse(http.StatusNotFound, "Not Found")
	}
}

// serviceAccountSigns answers projects.serviceAccounts.signJwt: the claims of the request, signed as the service account that the path names.
func serviceAccountSigns(c *call) ([]byte, *apiError) {
	project, name, _ := strings.Cut(strings.TrimPrefix(c.path["name"], "projects/"), "/serviceAccounts/")
	if project != "-" {
		return nil, badRequest("badRequest", "", "Invalid resource name: the project must be the wildcard character -.")
	}
	target := c.s.client(name)
	// Google tells nobody whether there is an account that they may not use.
	if target == nil || !maySign(target, c.session) {
		e := forbidden("forbidden", "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).")
		e.details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com",
			"metadata": map[string]string{"permission": "iam.serviceAccounts.signJwt"}}}
		return nil, e
	}
	var req struct{ Payload string }
	if err := json.Unmarshal(c.body, &req); err != nil {
		return nil, badRequest("badRequest", "", "The request cannot be read.")
	}
	var claim map[string]json.RawMessage
	if json.Unmarshal([]byte(req.Payload), &claim) != nil || claim == nil {
		return nil, badRequest("badRequest", "", "The payload is not a JSON object.")
	}
	if raw, ok := claim["exp"]; ok {
		var exp int64
		now := c.s.real()
		if json.Unmarshal(raw, &exp) != nil || exp < now.Unix() || exp > now.Add(longestClaim).Unix() {
			return nil, badRequest("badRequest", "", "The exp claim must be an integer timestamp that is not in the past and at most 12 hours in the future.")
		}
	}
	if target.Key != "" {
		return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "Only the key of an account without a publicKey is at hand to sign with."}
	}
	key, err := c.s.key()
	if err != nil {
		return nil, backendError(500)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"simulated","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(req.Payload))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return nil, backendError(500)
	}
	return marshal(map[string]string{"keyId": "simulated", "signedJwt": text + "." + base64.RawURLEncoding.EncodeToString(sig)})
}

// maySign tells whether a session is that of a service account with the role Token Creator on the target.
func maySign(target *world.Client, x session) bool {
	if x.subject != "" {
		return false
	}
	if target.Signers == nil {
		return x.client == target.Email
	}
	return slices.Contains(*target.Signers, x.client)
}
