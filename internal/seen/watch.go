package seen

import "time"

// UsersLog is the application of a [Watch] on the list of accounts, which the Directory pushes; all others are logs of the Reports API.
const UsersLog = "users"

// A Watch is what a notification channel is asked for: Google sends what happens to an address, until it ends.
type Watch struct {
	ID          string        // ours, never used before; at most 64 characters of [A-Za-z0-9\-_+/=]
	Application string        // "drive", "admin", "classroom", "login", or UsersLog
	Event       string        // one event name of that log; of UsersLog add, delete, makeAdmin, undelete or update
	Address     string        // where Google sends to: https, with a good certificate
	Token       string        // what Google sends along with each message, at most 256 characters
	Lasts       time.Duration // asked for; Google may grant less
}
