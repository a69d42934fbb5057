package google

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/oauth2"
	oauth "golang.org/x/oauth2/google"

	"esafetybot/internal/seen"
)

// Keyless begins the credentials that name a service account instead of a key file: keyless:esafetybot@project.iam.gserviceaccount.com.
//
// Nobody then holds a key that could be lost. The program asks the machine it runs on who it is (the metadata server of Google Cloud,
// or application default credentials elsewhere), has Google sign as the service account (IAM Credentials, signJwt), and hands what was
// signed to the token endpoint like an assertion that it signed itself. The account that it runs as needs the role Service Account Token
// Creator on the service account, also where the two are one.
const Keyless = "keyless:"

const (
	cloudScope   = "https://www.googleapis.com/auth/cloud-platform"
	tokenURL     = "https://oauth2.googleapis.com/token" //nolint:gosec // an address, not a secret
	signerURL    = "https://iamcredentials.googleapis.com"
	metadataHost = "metadata.google.internal"
	grantType    = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// The account's address at Google, https://cloud.google.com/iam/docs/service-accounts-create.
var serviceAccount = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*@[a-z0-9-]+(\.[a-z0-9-]+)+$`)

// keyless is delegation without a key.
type keyless struct {
	account  string
	own      *identity // what the process is for Google Cloud
	token    string    // URL of the token endpoint
	sign     string    // URL of signJwt
	metadata string    // base URL of the metadata server
	ours     []byte    // application default credentials in a file; nil asks the metadata server
	kind     oauth.CredentialsType
}

// newKeyless looks at what the credentials name, and at where the process's own identity comes from. A simulated Google is also the
// metadata server, so that no credential of anybody's goes to it.
func newKeyless(account, endpoint string, getenv func(string) string) (*keyless, error) {
	if !serviceAccount.MatchString(account) {
		return nil, fmt.Errorf("google: %s%q names no service account: write its address behind the colon, like %sesafetybot@PROJECT.iam.gserviceaccount.com", Keyless, account, Keyless)
	}
	k := &keyless{account: account, token: tokenURL, own: &identity{own: true, refs: 1, lock: make(chan struct{}, 1)}}
	signer := signerURL
	host := metadataHost
	if h := getenv("GCE_METADATA_HOST"); h != "" {
		host = h
	}
	k.metadata = "http://" + host
	if base := strings.TrimRight(endpoint, "/"); base != "" {
		signer, k.metadata, k.token = base, base, base+"/token"
	} else if err := k.ownFile(getenv); err != nil {
		return nil, err
	}
	k.sign = signer + "/v1/projects/-/serviceAccounts/" + account + ":signJwt"
	return k, nil
}

// ownFile reads application default credentials, if there are any (https://cloud.google.com/docs/authentication/application-default-credentials).
func (k *keyless) ownFile(getenv func(string) string) error {
	path := getenv("GOOGLE_APPLICATION_CREDENTIALS")
	named := path != ""
	if !named {
		dir := getenv("CLOUDSDK_CONFIG")
		switch {
		case dir != "":
		case runtime.GOOS == "windows":
			dir = filepath.Join(getenv("APPDATA"), "gcloud")
		default:
			dir = filepath.Join(getenv("HOME"), ".config", "gcloud")
		}
		path = filepath.Join(dir, "application_default_credentials.json")
	}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && !named:
		return nil // the metadata server is asked
	case err != nil:
		return fmt.Errorf("google: application default credentials: %w: make them with `gcloud auth application-default login`, or take GOOGLE_APPLICATION_CREDENTIALS away on Google Cloud", err)
	}
	var what struct {
		Type oauth.CredentialsType `json:"type"`
	}
	if json.Unmarshal(b, &what) != nil {
		return fmt.Errorf("google: application default credentials: %s is not JSON: make it anew with `gcloud auth application-default login`", path)
	}
	switch what.Type {
	case oauth.AuthorizedUser, oauth.ServiceAccount, oauth.ExternalAccount:
	default:
		return fmt.Errorf("google: application default credentials: %s is of the type %q, which is not used here: make it anew with `gcloud auth application-default login`", path, what.Type)
	}
	k.ours, k.kind = b, what.Type
	return nil
}

// A stage is where getting a token without a key failed.
type stage int

const (
	stageOwn      stage = iota // the process's own identity
	stageSign                  // signJwt
	stageExchange              // the token endpoint
)

// A stageError is a failure of delegation without a key. Status is 0 if there was no answer.
type stageError struct {
	at     stage
	status int
	body   []byte
	err    error
}

func (e *stageError) Error() string { return "no token without a key" }
func (e *stageError) Unwrap() error { return e.err }

// fetchKeyless gets a token for an identity without a key.
func (c *Client) fetchKeyless(ctx context.Context, id *identity) (*oauth2.Token, error) {
	if id.own {
		return c.fetchOwn(ctx)
	}
	// Google looks at its own clock, not at the one that the program paces by; ten seconds of grace are what Google's libraries give.
	now := time.Now().Add(-10 * time.Second)
	claims, err := json.Marshal(map[string]any{
		"iss": c.keyless.account, "sub": id.subject, "scope": strings.Join(id.scopes, " "), "aud": c.keyless.token,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{"payload": string(claims)})
	if err != nil {
		return nil, err
	}
	var signed struct {
		JWT string `json:"signedJwt"`
	}
	if err := c.stage(ctx, stageSign, &call{m: jwtSign, id: c.keyless.own}, http.MethodPost, c.keyless.sign, "application/json", body, &signed); err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {grantType}, "assertion": {signed.JWT}}
	return c.tokenAt(ctx, stageExchange, tokenGet, http.MethodPost, c.keyless.token, []byte(form.Encode()))
}

// fetchOwn gets the token that the process has for itself.
func (c *Client) fetchOwn(ctx context.Context) (*oauth2.Token, error) {
	k := c.keyless
	if k.ours == nil {
		return c.tokenAt(ctx, stageOwn, metadataToken, http.MethodGet, k.metadata+"/computeMetadata/v1/instance/service-accounts/default/token", nil)
	}
	creds, err := oauth.CredentialsFromJSONWithType(context.WithValue(ctx, oauth2.HTTPClient, c.plain(ctx)), k.ours, k.kind, cloudScope)
	if err == nil {
		var tok *oauth2.Token
		if tok, err = creds.TokenSource.Token(); err == nil {
			return tok, nil
		}
	}
	failed := &stageError{at: stageOwn, err: err}
	var re *oauth2.RetrieveError
	if errors.As(err, &re) {
		failed.status, failed.body = re.Response.StatusCode, re.Body
	}
	return nil, failed
}

// tokenAt asks for a token and reads it.
func (c *Client) tokenAt(ctx context.Context, at stage, m method, verb, address string, form []byte) (*oauth2.Token, error) {
	var v struct {
		Access  string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int64  `json:"expires_in"` // seconds
	}
	if err := c.stage(ctx, at, &call{m: m}, verb, address, "application/x-www-form-urlencoded", form, &v); err != nil {
		return nil, err
	}
	if v.Access == "" {
		return nil, &stageError{at: at, err: errors.New("the answer holds no token")}
	}
	tok := &oauth2.Token{AccessToken: v.Access, TokenType: v.Type}
	if v.Expires > 0 {
		tok.Expiry = time.Now().Add(time.Duration(v.Expires) * time.Second)
	}
	return tok, nil
}

// stage sends one request and reads its answer into a value.
func (c *Client) stage(ctx context.Context, at stage, cl *call, verb, address, kind string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(withCall(ctx, cl), verb, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if at == stageOwn {
		req.Header.Set("Metadata-Flavor", "Google")
	}
	resp, err := c.t.RoundTrip(req)
	if err != nil {
		var earlier *stageError
		if errors.As(err, &earlier) { // the own identity, without which nothing is signed
			return err
		}
		return &stageError{at: at, err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return &stageError{at: at, err: err}
	case resp.StatusCode >= 300:
		return &stageError{at: at, status: resp.StatusCode, body: answer}
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &stageError{at: at, err: errShape}
	}
	return nil
}

// fromStage says what went wrong without a key, and whom to ask for what.
func (e *Error) fromStage(f *stageError, id *identity) {
	e.Status = f.status
	p := parseProblem(f.body)
	e.Code = p.code()
	switch {
	case f.at == stageExchange && f.status != 0:
		e.fromGrant(p, id)
	case f.at == stageExchange:
		e.What, e.Next = "no token: "+kind(f.err), "look at the network and at Google's status page, then run again"
	case f.at == stageOwn && f.status == 0:
		e.What = "this machine does not say as which service account it runs: " + kind(f.err)
		e.Next = "run on Google Cloud as a service account, or sign in with `gcloud auth application-default login`, or give a key file"
	case f.at == stageOwn && f.status >= 500:
		e.What, e.Next = "this machine could not say as which service account it runs", "run again later"
	case f.at == stageOwn:
		e.Why, e.What = seen.Refused, "Google gives this machine no token of its own"
		e.Next = "let the Cloud Run job run as the service account, or make the application default credentials anew with `gcloud auth application-default login`"
	case f.status == 0:
		e.What, e.Next = "nothing was signed: "+kind(f.err), "look at the network and at Google's status page, then run again"
	case p.is("SERVICE_DISABLED", "accessNotConfigured"):
		e.Why, e.What = seen.Refused, "the IAM Service Account Credentials API is not switched on in the Google Cloud project"
		e.Next = "enable iamcredentials.googleapis.com in the Google Cloud console › APIs and services"
	case f.status == http.StatusForbidden, f.status == http.StatusNotFound:
		e.Why, e.What = seen.Refused, "this machine may not sign as the service account that --google-credentials names, or there is no such account"
		e.Next = "grant the account that it runs as the role Service Account Token Creator on that account, also where the two are one " +
			"(Google Cloud console › IAM › Service accounts › the account › Principals with access), and wait some minutes"
	case f.status == http.StatusTooManyRequests:
		e.What, e.Next = "the quota for signing is used up", "run again later"
	case f.status >= 500:
		e.What, e.Next = "Google could not sign", "run again later"
	default:
		e.What = "Google did not sign for the service account"
	}
}
