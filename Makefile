GO ?= go

.PHONY: build demo test lint bench campaign screenshots generate clean

build: ## bin/esafetybot
	$(GO) build -o bin/esafetybot ./cmd/esafetybot

demo: build ## a simulated school, half a term in minutes; every mail and report in demo-out
	bin/esafetybot demo --out demo-out

test: ## all tests; says which could not be run here
	@tools/missing.sh
	GOGC=$(or $(GOGC),400) $(GO) test -vet=off -parallel 4 -timeout 20m ./... # lint vets; collecting garbage less often, and two tests more where some wait for an emulator, save time

lint: bin/golangci-lint ## golangci-lint, with go vet and gofmt among its linters
	bin/golangci-lint run

bench: ## the review page's time; the receivers'; calls, time and memory on a large school, at Google's quotas
	$(GO) test ./internal/e2e/browser -run '^$$' -bench BenchmarkReviewPage -benchtime 200x
	ESAFETYBOT_BENCH=1 $(GO) test ./internal/hooks -run TestBench -v -count 1 -timeout 10m
	ESAFETYBOT_BENCH=1 $(GO) test ./internal/e2e -run TestBench -v -count 1 -timeout 60m

campaign: ## hours: all seeds and sizes, all kill points, a million files, mutation, fuzzing
	GOGC=$(or $(GOGC),400) ESAFETYBOT_CAMPAIGN=1 $(GO) test ./... -run 'Campaign|Mutation' -count 1 -timeout 12h
	tools/fuzz.sh 1m

screenshots: demo ## docs/pictures: the report, and the review site's pages (all of them in docs/pictures/all, not committed)
	tools/screenshots.sh demo-out docs/pictures
	ESAFETYBOT_REQUIRE_ALL=1 ESAFETYBOT_PICTURES=$(CURDIR)/docs/pictures $(GO) test ./internal/e2e/browser -run TestPictures -count 1

generate: build ## what is generated and committed: discovery documents, the policy's schema, what Terraform reads of the program
	$(GO) generate ./...
	bin/esafetybot policy schema > examples/policy.schema.json
	bin/esafetybot policy schema --of-trust > examples/trust.schema.json
	bin/esafetybot deployment > terraform/program.json

clean:
	rm -rf bin demo-out

# The linter is pinned in a module of its own, so that its hundreds of dependencies never meet the program's.
bin/golangci-lint: tools/go.mod tools/go.sum
	$(GO) build -C tools -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
