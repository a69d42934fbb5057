package accounts

import (
	"testing"

	"esafetybot/internal/seen"
)

func TestOutsideRecovery(t *testing.T) {
	play(t, OutsideRecovery, []scene{
		{"outside", func(w *world) { w.add("a", "/Oak/Pupils", recovery("mum@home.example")) }, []string{"user/a: sha256-2e4cc4b2c77dcab6"}},
		{"none", func(w *world) { w.add("a", "/Oak/Pupils") }, nil},
		{"a colleague", func(w *world) { w.add("a", "/Oak/Pupils", recovery("b@school.example")); w.add("b", "/Oak/Staff") }, nil},
		{"trusted", func(w *world) { w.add("a", "/Oak/Pupils", recovery("it@partner.example")) }, nil},
		{"nobody's", func(w *world) { w.add("a", "/Oak/Pupils", recovery("gone@school.example")) }, nil},
		{"a guest", func(w *world) {
			w.add("a", "/Oak/Pupils", recovery("b@school.example"))
			w.add("b", "/Oak/Staff", guest)
		}, []string{"user/a: sha256-d4f7ef8b286ddd8d"}},
	})
}

func TestOutsideForwarding(t *testing.T) {
	play(t, OutsideForwarding, []scene{
		{"outside", func(w *world) {
			w.add("a", "/Oak/Staff")
			w.in.Forwards["a"] = seen.Forwarding{On: true, To: "mum@home.example"}
		}, []string{"user/a: to sha256-2e4cc4b2c77dcab6"}},
		{"off", func(w *world) { w.add("a", "/Oak/Staff"); w.in.Forwards["a"] = seen.Forwarding{To: "mum@home.example"} }, nil},
		{"inside", func(w *world) {
			w.add("a", "/Oak/Staff")
			w.in.Forwards["a"] = seen.Forwarding{On: true, To: "a@school.example"}
		}, nil},
		{"trusted", func(w *world) {
			w.add("a", "/Oak/Staff")
			w.in.Forwards["a"] = seen.Forwarding{On: true, To: "a@partner.example"}
		}, nil},
	})
}

func TestRiskyApp(t *testing.T) {
	const email, drive = "https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/drive"
	apps := []seen.App{
		{Client: "Maths.apps", Name: "Example Maths", Scopes: []string{"openid", drive}},
		{Client: "Game-Id", Name: "Game", Scopes: []string{"openid", "email", "profile", email, "https://www.googleapis.com/auth/userinfo.profile"}},
		{Client: "anonymous", Name: "Reader", Scopes: []string{drive, email}},
	}
	play(t, RiskyApp, []scene{
		{"none approved", func(w *world) {
			w.add("a", "/Oak/Pupils")
			w.add("b", "/Oak/Pupils")
			w.in.Apps["a"] = apps
		}, []string{"user/a: app/Game-Id, app/Maths.apps reads-data, app/anonymous reads-data"}},
		{"approved by name and by client", func(w *world) {
			w.ask.ApprovedApps = []string{"example maths", "GAME-ID"}
			w.add("a", "/Oak/Pupils")
			w.in.Apps["a"] = apps
		}, []string{"user/a: app/anonymous reads-data"}},
		{"approved by part of a name", func(w *world) {
			w.ask.ApprovedApps = []string{"Example", "anonymou"}
			w.add("a", "/Oak/Pupils")
			w.in.Apps["a"] = apps[1:]
		}, []string{"user/a: app/Game-Id, app/anonymous reads-data"}},
		{"apps that only sign in are fine", func(w *world) {
			w.ask.SignInApps = true
			w.add("a", "/Oak/Pupils")
			w.in.Apps["a"] = apps
		}, []string{"user/a: app/Maths.apps reads-data, app/anonymous reads-data"}},
		{"no scopes", func(w *world) { w.add("a", "/Oak/Pupils"); w.in.Apps["a"] = []seen.App{{Client: "x"}} }, []string{"user/a: app/x"}},
	})
}
