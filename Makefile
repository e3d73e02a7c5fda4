.DEFAULT_GOAL := help
SHELL := /bin/bash

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Run the demo: a fictional company on a throw-away store; it prints the address and the sign-ins
	go run ./cmd/hotleads demo

.PHONY: test
test: ## Bring up everything tests need (installs what is missing), run all tests under the race detector, fuzz the intake for a moment
	@scripts/with-services.sh scripts/test.sh
	@FUZZTIME=1s scripts/fuzz.sh ./handlers/segment

.PHONY: faults
faults: ## Take Postgres, Redis and processes away from two instances under traffic, for as long as docs/faults.md says
	@HOTLEADS_FAULTS=full scripts/with-services.sh go test -count=1 -timeout 20m -v ./test/faults

.PHONY: check
check: ## Check without running: formatting, vet, generated files, go.mod, linters, known vulnerabilities
	@scripts/check.sh

.PHONY: check-quick
check-quick: ## The part of check that takes seconds
	@scripts/check.sh quick

.PHONY: generate
generate: ## Make Go from the templates (views/*.templ)
	go tool templ generate

.PHONY: bench
bench: ## Measure intake and live pages against their limits and peers, on Postgres with fsync (BENCH_FLAGS=--big: with a million leads, too; takes a quarter of an hour)
	@scripts/with-services.sh --durable go run ./test/bench $(BENCH_FLAGS)

.PHONY: bench-live
bench-live: ## The live part of bench alone, with its charts in docs/pictures (takes some minutes)
	@scripts/with-services.sh --durable go run ./test/bench --part live --charts docs/pictures $(BENCH_FLAGS)

.PHONY: churn
churn: ## Let watchers come and go under the race detector for ten minutes (CHURN=2m for less): no gap, no leak
	@go run ./test/bench churn --for $(or $(CHURN),10m)

.PHONY: bench-go
bench-go: ## Run the Go benchmarks (BENCH=regexp, default all)
	@scripts/with-services.sh go test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem ./...

.PHONY: fuzz
fuzz: ## Fuzz each target for a minute (FUZZTIME=10s for less)
	@scripts/fuzz.sh
