package remedies

import "strings"

// Names are what the words for people name. The caller looks them up, masked as its reader may see them; nothing here keeps
// them. What is empty is spoken of in general: "the account".
type Names struct {
	Account string // "a Year 4 pupil", "the account office"
	From    string // a unit: "/Pupils/Year 4"
	To      string // a unit
	Group   string
	App     string
	File    string // "a document of the school office"
	With    string // whom it is shared with: "everybody who has the link", "somebody outside the school"
	Role    string // what they may do: "edit"
	Owner   string // the new owner
	Until   string // "Fri 4 December 2026"
	Comment string // "a comment on the blog Year 6 writes"
	Becomes string // what becomes of it: "shown to readers"
}

// Words say of one change, to people: what will be done, what was done, and how it is undone. Each is one sentence.
type Words struct{ Will, Did, Undo string }

var words = map[string]Words{
	KindMoveUser: {
		"{Account} will be moved from {From} to {To}.",
		"{Account} was moved from {From} to {To}.",
		"Undoing moves it back to {From}.",
	},
	KindLeaveGroup: {
		"{Account} will be taken out of {Group}.",
		"{Account} was taken out of {Group}.",
		"Undoing adds it again, in the role it had.",
	},
	KindSwitchOff: {
		"{Account} will be switched off: nobody can sign in with it, and nothing is deleted.",
		"{Account} was switched off: nobody can sign in with it, and nothing was deleted.",
		"Undoing switches it on again, with everything that is in it.",
	},
	KindSignOut: {
		"{Account} will be signed out everywhere.",
		"{Account} was signed out everywhere.",
		"This cannot be undone, and need not be: whoever was signed out signs in again with their password.",
	},
	KindRevokeApp: {
		"{App} will no longer be allowed to use {account}.",
		"{App} is no longer allowed to use {account}.",
		"This cannot be undone from here: whoever uses the app has to allow it again when it next asks.",
	},
	KindRemoveRecovery: {
		"The recovery address of {account} will be removed.",
		"The recovery address of {account} was removed.",
		"Undoing enters the same address again.",
	},
	KindDeleteGrant: {
		"{File} will no longer be shared with {With}; nobody is sent a notice by Google.",
		"{File} is no longer shared with {With}.",
		"Undoing shares it with them again, in the same way.",
	},
	KindNarrowGrant: {
		"{With} will still be able to read {file}, but no longer to {Role} it.",
		"{With} can still read {file}, but no longer {Role} it.",
		"Undoing lets them {Role} it again.",
	},
	KindExpireGrant: {
		"{File} will be shared with {With} until {Until}, and no longer.",
		"{File} is shared with {With} until {Until}, and no longer.",
		"Undoing puts back the end that it had before, if any, and shares it again if it has ended.",
	},
	KindComment: {
		"{Comment} will be {Becomes}.",
		"{Comment} was {Becomes}.",
		"Undoing shows or hides it as it was; what was waiting is hidden then. A text that was removed is gone.",
	},
	KindHandOver: {
		"{File} will belong to {Owner}; whoever owned it may still edit it.",
		"{File} belongs to {Owner} now; whoever owned it may still edit it.",
		"Undoing hands it back, and {Owner} keeps only what they could do before.",
	},
}

// titles say what sort of change it is, of nobody in particular.
var titles = map[string]string{
	KindMoveUser: "Moving an account to another unit", KindLeaveGroup: "Taking an account out of a group", KindSwitchOff: "Switching off an account", KindSignOut: "Signing an account out everywhere",
	KindRevokeApp: "No longer allowing an app to use an account", KindRemoveRecovery: "Removing an account's recovery address", KindDeleteGrant: "No longer sharing a document with somebody",
	KindNarrowGrant: "Narrowing the sharing of a document to reading", KindExpireGrant: "Giving the sharing of a document an end", KindHandOver: "Handing a document over to a new owner",
	KindComment: "Showing, hiding or removing a comment on a blog",
}

// Title says what sort of change a kind is, without whom or what it is about; "" for a kind that is not known.
func Title(kind string) string { return titles[kind] }

// Say makes the words for a kind of change. The words of a kind that is not known are empty.
func Say(kind string, n Names) Words {
	or := func(s, general string) string {
		if s == "" {
			return general
		}
		return s
	}
	account, file := or(n.Account, "the account"), or(n.File, "the document")
	fill := strings.NewReplacer(
		"{Account}", account, "{account}", account, "{File}", file, "{file}", file,
		"{From}", or(n.From, "the unit it was in"), "{To}", or(n.To, "another unit"), "{Group}", or(n.Group, "the group"),
		"{App}", or(n.App, "the app"), "{With}", or(n.With, "somebody outside"), "{Role}", or(n.Role, "change"),
		"{Comment}", or(n.Comment, "a comment on a blog"), "{Becomes}", or(n.Becomes, "changed"), "{Owner}", or(n.Owner, "its new owner"), "{Until}", or(n.Until, "the day agreed"),
	)
	w := words[kind]
	return Words{Will: sentence(fill.Replace(w.Will)), Did: sentence(fill.Replace(w.Did)), Undo: sentence(fill.Replace(w.Undo))}
}

// sentence begins with a capital, if with a lower-case letter of our own words or a role; a path or an address stays as it is.
func sentence(s string) string {
	for _, article := range []string{"a ", "an ", "the ", "its ", "those ", "everybody ", "somebody ", "anybody "} {
		if strings.HasPrefix(s, article) {
			return strings.ToUpper(s[:1]) + s[1:]
		}
	}
	return s
}
