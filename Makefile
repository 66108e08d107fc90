# The chores. Each sets up what is missing on a fresh Debian or Ubuntu machine (with apt, as root or by sudo).

.PHONY: run test bench lint

## Start the demo: sample origins, a load balancer, and one origin that fails in turn. `make run ARGS="--cycle 5s"`
run:
	@scripts/run.sh $(ARGS)

## Everything that CI runs.
test:
	@scripts/test.sh

## Bellwether beside nginx, HAProxy, Pingora and a bare copy: one table.
bench:
	@scripts/bench.sh $(ARGS)

## Formatting, clippy with warnings denied, licences and advisories.
lint:
	@scripts/lint.sh
