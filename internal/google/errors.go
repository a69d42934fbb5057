package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

// An Error is a read or write that failed for good. It is written for people and for logs: it names the API method, Google's id of
// what was read and what to do next, and holds no address, no title and nothing of Google's own wording, which may hold both.
type Error struct {
	Method string      // API method, "drive.files.list"
	On     string      // what was read, by id: "file 1AbC…"; may be empty
	As     string      // "the administrator" or "an owner"
	Status int         // HTTP status, 0 if there was no answer
	Code   string      // Google's one-word reason, "insufficientPermissions"; may be empty
	Why    seen.Reason // in one word of ours
	What   string      // what happened
	Next   string      // what to do about it; may be empty
	Tries  int         // how often it was sent
	cause  error       // ErrUnsure, ErrNoUsage, context.Canceled or the like: never Google's error

	precondition bool // Google would take the request if the thing were in another state
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method)
	if e.On != "" {
		b.WriteString(" of " + e.On)
	}
	if e.As != "" {
		b.WriteString(" as " + e.As)
	}
	b.WriteString(": " + e.What)
	var in []string
	if e.Status != 0 {
		in = append(in, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" {
		in = append(in, e.Code)
	}
	if e.Tries > 1 {
		in = append(in, fmt.Sprintf("after %d tries", e.Tries))
	}
	if len(in) > 0 {
		b.WriteString(" (" + strings.Join(in, ", ") + ")")
	}
	if e.Next != "" {
		b.WriteString(": " + e.Next)
	}
	return b.String()
}

// Unwrap tells of ErrUnsure, of ErrNoUsage and of a context that ended.
func (e *Error) Unwrap() error { return e.cause }

// Reason is why something could not be read, in one word of ours; "" for no error.
func Reason(err error) seen.Reason {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Why
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return seen.Interrupt
	}
	return seen.Failed
}

// IsNotFound tells whether Google says that there is no such thing, or none that the subject may see.
func IsNotFound(err error) bool { return status(err) == http.StatusNotFound }

// IsGone tells whether Google says that the thing was there once.
func IsGone(err error) bool { return status(err) == http.StatusGone }

// IsInvalid tells whether Google rejected what was sent itself (a recipient, a message), which trying again will not cure.
func IsInvalid(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Why != seen.Failed || e.precondition {
		return false
	}
	return e.Status == http.StatusBadRequest || e.Status == http.StatusRequestEntityTooLarge
}

// IsOthers tells whether Google let nothing be changed because another project, or a person, made the thing.
func IsOthers(err error) bool { return hasWord(err, wordProject) }

// IsClosed tells whether a class takes no changes, because it is archived or was switched off.
func IsClosed(err error) bool { return hasWord(err, wordClosed) }

func hasWord(err error, word string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == word
}

// Reason is [Reason], for those who know a Client only by an interface of theirs.
func (c *Client) Reason(err error) seen.Reason { return Reason(err) }

// NotFound is [IsNotFound], likewise.
func (c *Client) NotFound(err error) bool { return IsNotFound(err) }

// NoUsage tells whether an error is [ErrNoUsage], likewise.
func (c *Client) NoUsage(err error) bool { return errors.Is(err, ErrNoUsage) }

// Unsure tells whether what was asked for may have happened all the same: see [ErrUnsure].
func (c *Client) Unsure(err error) bool { return errors.Is(err, ErrUnsure) }

// Gone tells whether what was asked for does not exist, or not any more, as far as the subject may see.
func (c *Client) Gone(err error) bool { return IsNotFound(err) || IsGone(err) }

func status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// A problem is the body of an error answer, in the older form of Google's APIs, the newer, or that of the token endpoint.
type problem struct {
	codes    []string // reasons and status words, the most telling first
	messages string   // for recognising, never for showing
}

func parseProblem(body []byte) (p problem) {
	var v struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	if json.Unmarshal(body, &v) != nil {
		return p
	}
	var word string
	if json.Unmarshal(v.Error, &word) == nil {
		return problem{codes: []string{word}, messages: v.Description}
	}
	var e struct {
		Message string `json:"message"`
		Status  string `json:"status"`
		Errors  []struct {
			Reason  string `json:"reason"`
			Message string `json:"message"`
		} `json:"errors"`
		Details []struct {
			Reason string `json:"reason"`
		} `json:"details"`
	}
	if json.Unmarshal(v.Error, &e) != nil {
		return p
	}
	p.messages = e.Message
	for _, d := range e.Details {
		p.codes = append(p.codes, d.Reason)
	}
	for _, x := range e.Errors {
		p.codes = append(p.codes, x.Reason)
		p.messages += "\n" + x.Message
	}
	p.codes = append(p.codes, e.Status)
	p.codes = slices.DeleteFunc(p.codes, func(s string) bool { return s == "" })
	return p
}

func (p problem) is(codes ...string) bool {
	return slices.ContainsFunc(p.codes, func(c string) bool { return slices.Contains(codes, c) })
}

// quota tells whether a 403 means "later", not "no".
func (p problem) quota() bool {
	return p.is("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "sharingRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED")
}

// plainWord is a code that can be shown: Google's reasons are single words.
var plainWord = regexp.MustCompile(`^[A-Za-z_]{1,60}$`)

// The words with which Classroom begins some messages. Source: Classroom API, "Common errors".
const (
	wordProject    = "ProjectPermissionDenied"
	wordClosed     = "CourseNotModifiable"
	wordAttachment = "AttachmentNotVisible"
)

var leadingWord = regexp.MustCompile(`^@([A-Za-z]{1,60}) `)

// word is the word with which Classroom begins a message, "" if there is none.
func (p problem) word() string {
	if m := leadingWord.FindStringSubmatch(p.messages); m != nil {
		return m[1]
	}
	return ""
}

func (p problem) code() string {
	if w := p.word(); w != "" {
		return w
	}
	for _, c := range p.codes {
		if plainWord.MatchString(c) {
			return c
		}
	}
	return ""
}

// switchedOff recognises that the service is off for the account, from a message.
var switchedOff = regexp.MustCompile(`(?i)(drive|mail|gmail)\b.*\b(disabled|not enabled|turned off|switched off)|disabled drive apps`)

// explain turns what came back from a call into an Error, or nil.
func explain(ctx context.Context, on string, err error) error {
	if err == nil {
		return nil
	}
	cl := callOf(ctx)
	e := &Error{Method: cl.m.name, On: on, As: "an owner", Why: seen.Failed, Tries: cl.tries}
	switch {
	case cl.id.admin:
		e.As = "the administrator"
	case inClassroom(e.Method):
		e.As = "a teacher"
	}
	var api *googleapi.Error
	var tok *tokenError
	var part *partialError
	switch {
	case cl.unsure:
		e.cause, e.What = ErrUnsure, ErrUnsure.Error()
		e.Next = "look whether it is there before doing it again"
		if ctx.Err() != nil {
			e.cause, e.Why = errors.Join(ErrUnsure, ctx.Err()), seen.Interrupt
		}
	case ctx.Err() != nil:
		e.cause, e.Why, e.What = ctx.Err(), seen.Interrupt, "the run was stopped"
	case errors.As(err, &tok):
		e.fromToken(tok, cl.id)
	case errors.As(err, &api):
		e.fromAnswer(api, cl.id)
	case errors.As(err, &part):
		e.Why, e.What = seen.Partial, "Google says that its answer is incomplete"
	case errors.Is(err, ErrNoUsage):
		e.cause, e.Why, e.What = ErrNoUsage, seen.Partial, ErrNoUsage.Error()
	case errors.Is(err, errLoop):
		e.What = errLoop.Error()
	default:
		e.What = kind(err)
		if e.What == "connection lost" && isSyntax(err) {
			e.What = "the answer makes no sense"
		}
		e.Next = "look at the network and at Google's status page, then run again"
	}
	return e
}

func inClassroom(method string) bool { return strings.HasPrefix(method, "classroom.") }

// partialError is a list that Google itself calls incomplete.
type partialError struct{}

func (*partialError) Error() string { return "incomplete" }

func isSyntax(err error) bool {
	var a *json.SyntaxError
	var b *json.UnmarshalTypeError
	return errors.As(err, &a) || errors.As(err, &b) || errors.Is(err, errShape)
}

// console is where an administrator lists the scopes of a service account.
const console = "Admin console › Security › Access and data control › API controls › Domain-wide delegation"

func (e *Error) fromToken(err error, id *identity) {
	var re *oauth2.RetrieveError
	var st *stageError
	if errors.As(err, &st) {
		e.fromStage(st, id)
		return
	}
	if !errors.As(err, &re) {
		e.What, e.Next = "no token: "+kind(err), "look at the network and at the token_uri in the key file, then run again"
		return
	}
	e.Status = re.Response.StatusCode
	p := parseProblem(re.Body)
	e.Code = p.code()
	e.fromGrant(p, id)
}

// fromGrant reads what the token endpoint said to an assertion.
func (e *Error) fromGrant(p problem, id *identity) {
	scopes := strings.Join(id.scopes, " and ")
	switch {
	case p.is("unauthorized_client", "access_denied", "invalid_scope", "admin_policy_enforced"):
		e.Why, e.What = seen.Refused, "Google refused the scope "+scopes+" for the service account"
		e.Next = "add it under " + console + ", to the entry of the service account's client id (its “Unique ID”, a long number), and wait some minutes"
	case p.is("invalid_client", "disabled_client", "deleted_client"), p.is("invalid_grant") && strings.Contains(p.messages, "Signature"):
		e.Why, e.What = seen.Refused, "Google does not accept the service account's key"
		e.Next = "make a new key in the Google Cloud console (IAM › Service accounts › Keys)"
	case p.is("invalid_grant") && strings.Contains(p.messages, "iat and exp"):
		e.What, e.Next = "Google finds the time in the request wrong", "set this machine's clock right"
	case p.is("invalid_grant") && id.admin:
		e.Why, e.What = seen.Refused, "Google knows no such administrator, or has disabled the account"
		e.Next = "give the address of an active administrator"
	case p.is("invalid_grant"):
		e.Why, e.What = seen.Off, "Google knows no such account, or has disabled it"
	default:
		e.What = "Google gave no token"
	}
}

func (e *Error) fromAnswer(err *googleapi.Error, id *identity) {
	p := parseProblem([]byte(err.Body))
	if len(p.codes) == 0 {
		p.messages = err.Message
		for _, x := range err.Errors {
			p.codes = append(p.codes, x.Reason)
			p.messages += "\n" + x.Message
		}
	}
	e.Status, e.Code = err.Code, p.code()
	e.precondition = e.Code == "failedPrecondition" || p.word() != "" && p.is("FAILED_PRECONDITION")
	switch {
	case p.word() == wordProject:
		e.Why, e.What = seen.Refused, "this program did not make it, so Google lets it change nothing of it"
		e.Next = "let a teacher of the class do it"
	case p.word() == wordClosed:
		e.What, e.Next = "the class is archived or switched off, and takes no changes", "leave it out, or open it again in Classroom"
	case p.word() == wordAttachment:
		e.What, e.Next = "the account cannot open what is to be attached", "share it with the account, or name something else"
	case p.is("push.webhookUrlNotHttps", "push.webhookUrlUnauthorized", "push.webhookUrlNotFound"):
		e.Why, e.What = seen.Refused, "Google does not send to the receivers' address"
		e.Next = "give one in --hooks-url that begins with https, has a good certificate and can be reached from outside; if it is all that, verify its domain for the Google Cloud project"
	case err.Code == http.StatusNotFound:
		e.What = "not found"
	case err.Code == http.StatusGone:
		e.What = "gone"
	case p.is("accessNotConfigured", "SERVICE_DISABLED"):
		e.Why, e.What = seen.Refused, "the API is not switched on in the Google Cloud project"
		e.Next = "enable it in the Google Cloud console › APIs and services"
	case p.is("domainPolicy"), err.Code >= 400 && err.Code < 404 && switchedOff.MatchString(p.messages):
		e.Why, e.What = seen.Off, "the service is switched off for this account"
	case err.Code == http.StatusUnauthorized && id.admin:
		e.Why, e.What = seen.Refused, "Google does not accept the administrator's sign-in"
		e.Next = "look whether the account is active and may use this service"
	case err.Code == http.StatusUnauthorized:
		e.Why, e.What = seen.Off, "Google has disabled the account, or the service is switched off for it"
	case err.Code == http.StatusTooManyRequests, err.Code == http.StatusForbidden && p.quota():
		e.What = "the quota is used up"
		e.Next = "run again later, or ask for a higher quota in the Google Cloud console › Quotas"
	case p.is("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"):
		e.Why, e.What = seen.Refused, "Google wants another scope than "+strings.Join(id.scopes, " and ")
		e.Next = "look at the list of scopes under " + console
	case err.Code == http.StatusForbidden && id.admin:
		e.Why, e.What = seen.Refused, "the administrator may not do this"
		e.Next = "give the account an administrator role that may, under Admin console › Account › Admin roles"
	case err.Code == http.StatusForbidden && inClassroom(e.Method):
		e.Why, e.What = seen.Refused, "this account may not do this"
		e.Next = "make it a teacher of the class, or name somebody who is"
	case err.Code == http.StatusForbidden:
		e.Why, e.What = seen.Refused, "this account may not do this"
	case err.Code >= 500:
		e.What, e.Next = "Google has a fault", "run again later"
	default:
		e.What = "Google does not take the request"
	}
}
