package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// shares are how the sessions spread over the stores, in percent; each customer
// has five on average.
var shares = []int{60, 25, 10, 5}

const (
	perCustomer = 5
	// heavyRows are the sessions of one customer of the first store, such as a
	// monitor that logs in every few minutes; all but a few are ended.
	heavyRows = 20_000
	// piece is how many rows one statement of the fill makes.
	piece = 1_000_000
)

// firstCustomer is the id of a store's first customer; the others follow.
func firstCustomer(store int64) int64 { return store*10_000_000 + 1 }

// heavyCustomer has heavyRows.
var heavyCustomer = firstCustomer(1)

// fill makes stores, customers and sessions. Sessions began within the last 95
// days: those beyond 90 are the sweep's, a third is not over yet. Indexes are made
// after the rows, which takes a fraction of the time.
func (b *bench) fill(ctx context.Context, out io.Writer) error {
	started := time.Now()
	for i := range shares {
		if err := b.exec(ctx, `INSERT INTO stores (hash, name, plan, status, currency, country, locale, settings)
			VALUES ($1, $1, 'plus', 'LAUNCHED', 'EUR', 'DE', 'en', '{}')`, fmt.Sprintf("store%d", i+1)); err != nil {
			return err
		}
		if err := b.exec(ctx, `INSERT INTO channels (store_id, id, name, url, origins, policy, allow_global_login)
			SELECT id, 1, hash, '', '{}', '{}', true FROM stores WHERE hash = $1`, fmt.Sprintf("store%d", i+1)); err != nil {
			return err
		}
	}
	restore, err := b.dropIndexes(ctx, "customers", "sessions")
	if err != nil {
		return err
	}
	for i, share := range shares {
		if err := b.fillStore(ctx, int64(i+1), b.o.Rows/100*share); err != nil {
			return err
		}
		fmt.Fprintf(out, "store %d has its rows, after %.0f s\n", i+1, time.Since(started).Seconds())
	}
	if err := b.exec(ctx, insertSessions(`$4::bigint`), heavyRows, -heavyRows, 1, heavyCustomer); err != nil {
		return err
	}
	// The monitor's sessions are spread over 90 days, and ended.
	if err := b.exec(ctx, `UPDATE sessions SET revoked_at = created_at WHERE store_id = 1 AND customer_id = $1`, heavyCustomer); err != nil {
		return err
	}
	for _, statement := range append(restore, `VACUUM ANALYZE customers`, `VACUUM ANALYZE sessions`) {
		if err := b.exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	fmt.Fprintf(out, "filled in %.0f s\n", time.Since(started).Seconds())
	return nil
}

func (b *bench) fillStore(ctx context.Context, store int64, rows int) error {
	customers := rows / perCustomer
	first := firstCustomer(store)
	if err := b.exec(ctx, `INSERT INTO customers (store_id, id, email, email_key, password_hash, first_name, last_name)
		SELECT $1, $2 + n, 'c' || n || '@example.com', 'c' || n || '@example.com', repeat('h', 97), 'First', 'Last'
		FROM   generate_series(0, $3::int - 1) n`, store, first, customers); err != nil {
		return err
	}
	for at := 0; at < rows; at += piece {
		n := min(piece, rows-at)
		if err := b.exec(ctx, insertSessions(fmt.Sprintf(`$4::bigint + (hashint8($2::bigint + n) & 2147483647) %% %d`, customers)), n, at, store, first); err != nil {
			return err
		}
	}
	return nil
}

// insertSessions takes the number of rows, the first one's number, the store and
// its first customer. A sixth of the sessions are customer access tokens, and a
// third was ended by logout.
func insertSessions(customer string) string {
	return strings.NewReplacer(":store", "$3::bigint", ":n", "($2::bigint + n)", ":customer", customer).Replace(`
	INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, created_at, last_seen_at, expires_at, keep_until, revoked_at, user_agent, ip_prefix, origin)
	SELECT :store, sha256(int8send(:store * 1000000000 + :n)), translate(encode(substr(h, 1, 16), 'base64'), '+/=', '-_'), :customer, 1,
	       translate(encode(substr(h, 1, 16), 'base64'), '+/=', '-_'), 1, CASE WHEN token THEN 'token' ELSE 'cookie' END, began, LEAST(began + interval '2 days', now() - interval '5 minutes'),
	       began + CASE WHEN token THEN interval '7 days' ELSE interval '30 days' END, began + interval '90 days', CASE WHEN gone THEN began + interval '1 hour' END,
	       'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
	       '203.' || (n & 255) || '.' || (n >> 8 & 255) || '.0/24', 'https://shop.example.com'
	FROM  (SELECT n, sha256(('id' || :store || ' ' || :n)::bytea) AS h, :n % 6 = 0 AS token, :n % 3 = 0 AS gone,
	              now() - (($1::bigint - n % $1::bigint) * interval '95 days' / $1::bigint) AS began
	       FROM   generate_series(0, $1::bigint - 1) n) r`)
}

// dropIndexes takes all keys and indexes of tables, and gives the statements that
// make them again.
func (b *bench) dropIndexes(ctx context.Context, tables ...string) (restore []string, err error) {
	const drops = `
		SELECT format('ALTER TABLE %I DROP CONSTRAINT %I CASCADE', t.relname, c.conname), format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, c.conname, pg_get_constraintdef(c.oid)), c.contype = 'f'
		FROM   pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
		WHERE  c.contype IN ('p', 'u', 'f') AND (t.relname = ANY($1) OR c.confrelid IN (SELECT oid FROM pg_class WHERE relname = ANY($1)))
		UNION  ALL
		SELECT format('DROP INDEX %I', i.indexname), i.indexdef, false
		FROM   pg_indexes i
		WHERE  i.tablename = ANY($1) AND i.schemaname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
		ORDER  BY 3 DESC`
	rows, err := b.owner.QueryContext(ctx, drops, array(tables))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drop, later []string
	for rows.Next() {
		var down, up string
		var foreign bool
		if err := rows.Scan(&down, &up, &foreign); err != nil {
			return nil, err
		}
		drop = append(drop, down)
		if foreign { // it needs the key that it refers to
			later = append(later, up)
		} else {
			restore = append(restore, up)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if err := b.exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return append(restore, later...), nil
}

func array(list []string) string { return "{" + strings.Join(list, ",") + "}" }
