// Package mutation holds no program, only a test of the tests: each condition of the checks, and of what else decides what
// a school is told, is negated, dropped or moved by one in turn, and for each such mutant some test of the package must fail.
//
// The checkout is never changed. The mutants of a package are compiled together, by `go test -c -overlay`, into one binary
// beside which the sources on disk stand as they are; an environment variable says which of them, if any, is alive in a run. That costs one build for
// a package instead of one for each mutant. The binary without a mutant must pass first.
//
// TestMutationSample tries a fixed sample; TestCampaignMutation, under ESAFETYBOT_CAMPAIGN=1, all of them.
package mutation
