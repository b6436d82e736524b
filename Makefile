SHELL := /bin/bash

# Names and sums of all generated files.
GENERATED := find graph internal docs -type f \( -path '*/generated/*' -o -name '*_gen.go' -o -name storefront.md \) -exec sha256sum {} + | sort -k 2

.PHONY: run build test generate check lint audit operations bench bench-check bench-sessions bench-go slow timing

# Starts the server with the demo store, on http://127.0.0.1:8080; without DATABASE_URL it brings its own Postgres.
run: build
	exec bin/regulars serve --demo

# Builds bin/regulars.
build:
	go build -o bin/regulars .

# Runs every fast test, in random order and under the race detector.
test:
	go test -race -shuffle=on ./...

# Writes the generated code anew, after a change of schema.graphqls or gqlgen.yml.
generate:
	go generate ./...

# Everything that can be said without running a test: format, vet, lint, generated code and go.mod are up to date.
# Generated code is compared with itself before generating, so a change that is not committed yet passes too.
check:
	@unformatted=$$(gofmt -l . | grep -vE '(^|/)generated/|_gen\.go$$'); \
	  if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	@$(MAKE) --no-print-directory lint
	@before=$$($(GENERATED)) && $(MAKE) --no-print-directory generate && after=$$($(GENERATED)) && \
	  if ! diff <(echo "$$before") <(echo "$$after"); then echo "generated code was not up to date; now it is"; exit 1; fi
	go mod tidy -diff

# Runs the linter that tools/go.mod pins; its first build takes a minute or two.
lint:
	go tool -modfile=tools/go.mod golangci-lint run ./...

# Runs the GraphQL-over-HTTP audits (needs Node) against a server of its own.
audit:
	tools/audit.sh

# Sends the operations of real storefronts (needs Node) to a server of its own, as a browser and as a server.
operations:
	tools/operations.sh

# Measures the server against raw handlers on the same rows, in less than three minutes; writes docs/performance.md and bench/results.
bench: build
	go build -o bin/bench-raw ./bench/raw
	go build -o bin/bench ./bench
	bin/bench $(BENCH)

# Measures the same, writes nothing, and fails where the server is slower than it has to be. Wants a quiet machine.
bench-check:
	@$(MAKE) --no-print-directory bench BENCH=--check

# Measures ten million sessions in a private Postgres; writes docs/sessions.md. Takes about a quarter of an hour and 10 GB of disk, in a temporary folder.
bench-sessions:
	go run ./bench/sessions

# Runs the benchmarks of single packages.
bench-go:
	go test -run '^$$' -bench . ./...

# Runs the suites about timing and statistics, which want a quiet machine; without the race detector, which would be what is measured.
slow:
	go test -tags slow -run 'Slow' -p 1 ./...

# Measures, with all samples, whether refused logins and requests can be told apart by their time. Wants a quiet machine for two minutes, and more where it is not.
timing:
	go test -tags slow -run 'SlowLoginTiming|SlowRequestTiming' -v -timeout 40m ./internal/account -args -full
