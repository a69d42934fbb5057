// Package oidc verifies the tokens that Pub/Sub sends with its pushes: that Google signed them, for this receiver, for the one service account whose
// pushes are wanted, and that their time is not over (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions).
//
// It is the one place of the receivers that uses an SDK of Google's, and that SDK asks for Google's public keys only.
package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
)

// issuers are how Google names itself as the issuer of such tokens.
var issuers = []string{"https://accounts.google.com", "accounts.google.com"}

// ErrToken tells that a token is not one of those that are wanted. It never repeats the token.
var ErrToken = errors.New("the push does not come from the configured subscription")

// Verifier verifies tokens of one service account that are made for one audience. It is safe for concurrent use.
type Verifier struct {
	audience, account string
	google            *idtoken.Validator
}

// New makes a verifier. audience is what the subscription has its tokens made for, account the address of its service account. Google's keys are asked for with client; nil is an ordinary one.
func New(ctx context.Context, audience, account string, client *http.Client) (*Verifier, error) {
	if audience == "" || account == "" { // Google's code takes any audience for an empty one
		return nil, errors.New("pushes of Pub/Sub cannot be verified without an audience and a service account")
	}
	var options []option.ClientOption
	if client != nil {
		options = append(options, option.WithHTTPClient(client))
	}
	v, err := idtoken.NewValidator(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("pushes of Pub/Sub cannot be verified: %w", err)
	}
	return &Verifier{audience: audience, account: account, google: v}, nil
}

// Verify implements hooks.Verifier. What a token says of itself is looked at before its signature, so that one that would be of no use costs no
// reckoning, and none makes us ask for keys.
func (v *Verifier) Verify(ctx context.Context, token string) error {
	// Google's code would take another kind of key for what another of its services signs, and Pub/Sub uses this one.
	head, _, _ := strings.Cut(token, ".")
	var h struct {
		Algorithm string `json:"alg"`
	}
	if text, err := base64.RawURLEncoding.DecodeString(head); err != nil || json.Unmarshal(text, &h) != nil || h.Algorithm != "RS256" {
		return ErrToken
	}
	if said, err := idtoken.ParsePayload(token); err != nil || !v.wanted(said) {
		return ErrToken
	}
	p, err := v.google.Validate(ctx, token, v.audience)
	if err != nil || !v.wanted(p) {
		return ErrToken
	}
	return nil
}

// wanted tells whether what a token says is what the subscription's say.
func (v *Verifier) wanted(p *idtoken.Payload) bool {
	verified, _ := p.Claims["email_verified"].(bool)
	email, _ := p.Claims["email"].(string)
	return slices.Contains(issuers, p.Issuer) && p.Audience == v.audience && email == v.account && verified
}
