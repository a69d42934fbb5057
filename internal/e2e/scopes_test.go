package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/truth"
)

// blindWithout says, typed by hand from docs/account-rules.md and docs/comment-rules.md, which rules cannot be judged without a scope. Where only some subjects cannot, the rule is not
// in the list.
var blindWithout = map[string][]string{
	google.ScopeDomains: {"accounts.outside-recovery", "accounts.outside-forwarding", "accounts.outsider-in-class", "accounts.other-school"},
	google.ScopeGroups: {
		"accounts.not-on-roll", "accounts.admin-role", "accounts.no-end-date", "accounts.never-signed-in", "accounts.dormant", "accounts.no-agreement",
		"pupil-email.access-group", // and settings that groups make different
	},
	google.ScopeUnits:         {"pupil-email.on", "pupil-email.access-group", "settings.differs"},
	google.ScopeRoles:         {"accounts.admin-role"},
	google.ScopeAudit:         {"accounts.password-age", "accounts.weak-password", "accounts.suspicious-login", "accounts.outside-forwarding", "pupil-email.used", "comments.unreviewed", "comments.no-host", "comments.private-by-other-adult"},
	google.ScopeUsage:         {"pupil-email.used"}, // and weak passwords, but not leaked ones
	google.ScopeSecurity:      {"accounts.risky-app"},
	google.ScopeMailSettings:  {"accounts.outside-forwarding"},
	google.ScopeCourses:       {"accounts.class-without-teacher", "accounts.outsider-in-class", "accounts.other-school", "accounts.old-class", "comments.unreviewed", "comments.no-host", "comments.private-by-other-adult"},
	google.ScopeRosters:       {"accounts.class-without-teacher", "accounts.outsider-in-class", "accounts.other-school", "comments.unreviewed", "comments.no-host", "comments.private-by-other-adult"},
	google.ScopeAnnounced:     nil, // only which post it is
	google.ScopeCourseWork:    nil,
	google.ScopeMaterials:     nil,
	google.ScopeBlogs:         {"comments.unreviewed", "comments.no-host"},
	google.ScopeMetadata:      {"comments.unreviewed", "comments.no-host"},
	google.ScopeAddresses:     nil, // only members of whom the Directory knows nothing
	google.ScopeGuardians:     nil, // only what an outsider in a class is called
	google.ScopeMobiles:       {"devices.unencrypted", "devices.no-passcode"},
	google.ScopeChromebooks:   {"devices.update-expired", "devices.developer-mode"},
	google.ScopePolicies:      {"pupil-email.on", "pupil-email.access-group", "settings.differs"},
	google.ScopeLicenses:      {"pupil-email.on", "pupil-email.access-group"}, // and settings whose policies name licences
	google.ScopeAnnounceWrite: nil,                                            // what could not be posted is tried again, and told
	google.ScopeDrives:        nil,                                            // rolls that are kept on Drive; these are not
}

// commentsIn says where the rules on comments are blind without a scope, by the kind of a finding's subject; nil is everywhere.
var commentsIn = map[string][]string{
	google.ScopeAudit: {"post", "document"}, google.ScopeRosters: {"post", "document"}, google.ScopeBlogs: {"blog", "blog-post"}, google.ScopeMetadata: {"document"},
}

// TestScopesRefused: with every optional scope refused in turn the jobs still run, exactly the rules that needed it are not judged, and everybody is told so.
func TestScopesRefused(t *testing.T) {
	t.Parallel()
	scopes := map[string]bool{}
	for _, job := range accountJobs {
		for _, use := range google.Scopes(job) {
			if _, known := blindWithout[use.Scope]; !known && use.Scope != google.ScopeUsers {
				t.Errorf("the job %s uses %s, of which this test does not know what it is for", job, use.Scope)
			}
			scopes[use.Scope] = true
		}
	}
	for scope, blind := range blindWithout {
		if !scopes[scope] {
			t.Errorf("no job uses %s", scope)
			continue
		}
		t.Run(scope[strings.LastIndex(scope, "/")+1:], func(t *testing.T) {
			sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			s := serve(t, sc.World, sc.Policies, server.Options{})
			s.without(scope)
			if !campaign() {
				s.only(generate.Classroom)
			}
			for _, w := range s.watches {
				s.do(s.lookAt(w))
				keep := func(rule string) bool {
					return slices.Contains(accountChecks, findings.Means(rule)) && (!slices.Contains(blind, rule) || findings.Means(rule) == "comments")
				}
				want, have := only(s.allTruths(), keep)[w.name], foundBy(t, w, accountChecks...)
				want = slices.DeleteFunc(want, func(f truth.Finding) bool {
					return findings.Means(f.Rule) == "comments" && slices.Contains(blind, f.Rule) && (commentsIn[scope] == nil || slices.Contains(commentsIn[scope], strings.SplitN(f.Subject, "/", 2)[0]))
				})
				if scope == google.ScopeUsage {
					want = slices.DeleteFunc(want, func(f truth.Finding) bool {
						return f.Rule == "accounts.weak-password" && !slices.ContainsFunc(f.Facts, func(fact string) bool { return strings.HasPrefix(fact, "leaked ") })
					})
				}
				// Of some subjects only it cannot be said: nothing else may be missing, and nothing may be invented.
				some := map[string]string{
					google.ScopeAnnounced: "document/", google.ScopeCourseWork: "document/", google.ScopeMaterials: "document/", // those that are attached
					google.ScopeLicenses: "setting/", google.ScopeGroups: "setting/group:", google.ScopeAddresses: "course/",
				}[scope]
				want = slices.DeleteFunc(want, func(f truth.Finding) bool {
					return some != "" && strings.HasPrefix(f.Subject, some) && !hasFinding(have, f)
				})
				if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("%s differs (-want +have):\n%s", w.name, short(diff))
				}
				told := false
				for _, r := range w.records {
					told = told || r != nil && len(r.Gaps) > 0
				}
				if asked := blindAsked(s, w, blind); asked && !told {
					t.Errorf("%s: no record says that something could not be seen", w.name)
				}
				for job, r := range w.records {
					if r != nil && r.Error != "" {
						t.Errorf("%s: job %s failed: %s", w.name, job, r.Error)
					}
				}
			}
			s.private()
		})
	}
}

// blindAsked tells whether truth knows a finding of one of the rules, so that the policy asks for it.
func blindAsked(s *campus, w *watch, rules []string) bool {
	return slices.ContainsFunc(s.allTruths()[w.name], func(f truth.Finding) bool { return slices.Contains(rules, f.Rule) })
}

func hasFinding(list []truth.Finding, f truth.Finding) bool {
	return slices.ContainsFunc(list, func(x truth.Finding) bool { return fmt.Sprint(x) == fmt.Sprint(f) })
}
