"""What is measured. Each module has `NAME` (as `--rows` takes it), `TITLE`, `measure(bench)`, which gives samples by
case and contestant as plain data, and `markdown(record)`, which makes a section's text of it."""

from . import (bodies, connections, endpoints, failover, handshakes, headers, http2, idle_memory, probes, small_answers,
               switches, table_swap, tail_latency)

ROWS = {row.NAME: row for row in (small_answers, tail_latency, handshakes, http2, bodies, idle_memory, table_swap,
                                  probes, failover, connections, headers, endpoints, switches)}
