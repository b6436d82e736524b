package storage_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Sessions are by far the largest table: no statement about one customer, one
// token or a sweep may read more of it than it needs. Plans are those of the
// server's role, which does not know the parameters.
func TestSessionsAreFoundByIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	two := w.addStore(t, "two")
	for _, store := range []int64{w.store, two} {
		w.owner.MustExec(`INSERT INTO customers (store_id, email, email_key, first_name, last_name)
			SELECT $1, 'c' || n, 'c' || n, '', '' FROM generate_series(1, 2000) n`, store)
		// As after 95 days: a few are past their time, most are kept for their network, a third is alive.
		w.owner.MustExec(`INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, created_at, expires_at, revoked_at, ip_prefix, keep_until)
			SELECT $1, sha256((c.id || ' ' || n)::bytea), c.id || ' ' || n, c.id, 1, c.id || ' ' || n, 1, 'cookie', at, at + interval '30 days',
			       CASE WHEN n % 3 = 0 THEN at END, '203.0.' || n || '.0/24', at + interval '90 days'
			FROM   (SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers WHERE store_id = $1) c, generate_series(1, 10) n,
			       LATERAL (SELECT now() - (c.place * 10 + n) * interval '95 days' / 20010 AS at) a`, store)
	}
	w.owner.MustExec(`ANALYZE sessions; ANALYZE customers`)
	conn, err := w.owner.Connx(t.Context())
	must(t, err)
	defer func() { _ = conn.Close() }()
	explained := 0
	for name, text := range statements(t) {
		if !regexp.MustCompile(`(FROM|JOIN|UPDATE) +sessions\b`).MatchString(text) {
			continue
		}
		_, err := conn.ExecContext(t.Context(), `SET plan_cache_mode = 'force_generic_plan'; PREPARE p AS `+text)
		must(t, err)
		parameters := 0
		for strings.Contains(text, "$"+strconv.Itoa(parameters+1)) {
			parameters++
		}
		var plan []string
		must(t, conn.SelectContext(t.Context(), &plan, `EXPLAIN EXECUTE p (`+strings.TrimSuffix(strings.Repeat("NULL,", parameters), ",")+`)`))
		_, err = conn.ExecContext(t.Context(), `DEALLOCATE p`)
		must(t, err)
		whole := strings.Join(plan, "\n")
		if strings.Contains(whole, "Seq Scan on sessions") || !selective(name, whole) {
			t.Errorf("%s%s\n\n%s", name, text, whole)
		}
		explained++
	}
	if explained < 12 {
		t.Errorf("only %d statements were looked at", explained)
	}
}

// selective tells whether a plan finds its rows by the columns that leave few of
// them, where that is more than a customer's.
func selective(name, plan string) bool {
	switch name {
	case "sweepSessions":
		return regexp.MustCompile(`Index Scan using sessions_sweep on sessions .*\n +Index Cond: .*keep_until < `).MatchString(plan)
	case "knownPrefix", "strangeLogin":
		return regexp.MustCompile(`sessions_networks .*\n +Index Cond: .*ip_prefix = .*created_at > `).MatchString(plan)
	case "endOldestSessions", "endFamily", "endFamilyByID", "endSessions", "liveSessionsOfOne", "liveSessionsOfMany":
		return strings.Contains(plan, "sessions_live ")
	}
	return true
}
