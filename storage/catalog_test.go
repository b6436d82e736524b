package storage_test

import (
	"errors"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"regulars/storage/storagetest"
)

// broken lists what a query over the catalogue finds against a rule.
func broken(t *testing.T, query string, args ...any) {
	t.Helper()
	var found []string
	if err := storagetest.New(t).Owner(t).Select(&found, query, args...); err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// notTenants are the tables that exist before a store is known (data.md).
var notTenants = pq.StringArray{"stores", "hosts", "goose_db_version"}

const tenantTables = `
WITH tenant AS (
    SELECT c.oid, c.relname FROM pg_class c
    WHERE  c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($1))`

func TestCatalogTenantTablesHaveAStore(t *testing.T) {
	t.Parallel()
	broken(t, tenantTables+`
		SELECT relname || ' has no store_id bigint NOT NULL' FROM tenant
		WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = tenant.oid AND a.attname = 'store_id'
		                  AND a.atttypid = 'bigint'::regtype AND a.attnotnull)`, notTenants)
}

func TestCatalogKeysBeginWithTheStore(t *testing.T) {
	t.Parallel()
	broken(t, tenantTables+`
		SELECT conname || ' of ' || relname || ' does not begin with store_id' FROM pg_constraint k
		JOIN   tenant ON tenant.oid = k.conrelid
		WHERE  k.contype IN ('p', 'u', 'f', 'x')
		AND    (SELECT attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1]) <> 'store_id'`, notTenants)
	broken(t, tenantTables+`
		SELECT relname || ' has no primary key' FROM tenant
		WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = tenant.oid AND k.contype = 'p')`, notTenants)
}

func TestCatalogIndexesBeginWithTheStore(t *testing.T) {
	t.Parallel()
	broken(t, tenantTables+`
		SELECT i.indexrelid::regclass || ' does not begin with store_id' FROM pg_index i
		JOIN   tenant ON tenant.oid = i.indrelid
		WHERE  COALESCE((SELECT attname FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0]), '') <> 'store_id'`,
		notTenants)
}

// A key that points elsewhere points to the same store's row, or to stores.
func TestCatalogForeignKeysStayInTheStore(t *testing.T) {
	t.Parallel()
	broken(t, tenantTables+`
		SELECT conname || ' leads out of its store' FROM pg_constraint k
		JOIN   tenant ON tenant.oid = k.conrelid
		WHERE  k.contype = 'f' AND k.confrelid <> 'stores'::regclass
		AND    (SELECT attname FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = k.confkey[1]) <> 'store_id'`, notTenants)
}

func TestCatalogColumns(t *testing.T) {
	t.Parallel()
	const columns = `
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		AND   c.relname <> 'goose_db_version' AND `
	for rule, where := range map[string]string{
		"ids are bigint":          `(a.attname = 'id' OR a.attname LIKE '%\_id') AND a.atttypid NOT IN ('bigint'::regtype, 'text'::regtype)`,
		"identities are bigint":   `a.attidentity <> '' AND a.atttypid <> 'bigint'::regtype`,
		"identities can be given": `a.attidentity = 'a'`,
		"times know their zone":   `a.atttypid IN ('timestamp'::regtype, 'date'::regtype, 'time'::regtype)`,
		"no serial":               `pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL AND a.attidentity = ''`,
		"no citext, no char":      `a.atttypid::regtype::text IN ('citext', 'character', 'character varying')`,
		"no float":                `a.atttypid IN ('real'::regtype, 'double precision'::regtype, 'money'::regtype)`,
	} {
		broken(t, `SELECT c.relname || '.' || a.attname || ': `+rule+`' `+columns+where)
	}
}

// GraphQL's Int ends at 2^31-1.
func TestCatalogIdentitiesAreGuarded(t *testing.T) {
	t.Parallel()
	broken(t, `
		SELECT c.relname || '.id has no check against 2^31' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE  a.attidentity <> '' AND c.relnamespace = 'public'::regnamespace
		AND    c.relname NOT IN ('goose_db_version', 'events', 'jobs', 'import_runs') -- no client reads their ids
		AND    NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
		                   AND pg_get_constraintdef(k.oid) LIKE '%2147483647%' AND a.attnum = ANY (k.conkey))`)
}

func TestCatalogHasNoCodeOfItsOwn(t *testing.T) {
	t.Parallel()
	broken(t, `SELECT tgname || ' is a trigger' FROM pg_trigger WHERE NOT tgisinternal`)
	broken(t, `SELECT proname || ' is a function' FROM pg_proc WHERE pronamespace = 'public'::regnamespace`)
	broken(t, `SELECT relname || ' is a view' FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')`)
}

// refused runs a statement as the server's role and wants 42501.
func refused(t *testing.T, app *sqlx.DB, statement string) {
	t.Helper()
	_, err := app.Exec(statement)
	var refusal *pq.Error
	if !errors.As(err, &refusal) || refusal.Code != "42501" {
		t.Errorf("%s: got %v, want insufficient_privilege", statement, err)
	}
}

func TestTheServersRoleOwnsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signUp(t, w, guest("ada@example.com"))
	app, err := sqlx.Open("postgres", w.URL)
	must(t, err)
	t.Cleanup(func() { app.Close() })
	for _, statement := range []string{
		`CREATE TABLE mine (n int)`, `CREATE TEMP TABLE mine (n int)`, `CREATE SCHEMA mine`, `CREATE INDEX ON customers (store_id)`,
		`ALTER TABLE customers ADD n int`, `DROP TABLE customers`, `TRUNCATE customers`, `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
		`DELETE FROM consents`, `UPDATE consents SET action = 'x'`, `UPDATE consents SET hash = '\x00', ip_salt = NULL`, `TRUNCATE consents`,
		`UPDATE goose_db_version SET version_id = 0`, `DELETE FROM goose_db_version`, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9, true)`,
	} {
		refused(t, app, statement)
	}
	if _, err := app.Exec(`UPDATE consents SET email_salt = NULL, ip_salt = NULL, ip_prefix = NULL`); err != nil {
		t.Errorf("retention cannot take the salts away: %v", err)
	}
	w.wantCount(t, 0, `pg_class WHERE relowner = 'regulars'::regrole`)
	w.wantCount(t, 0, `pg_roles WHERE rolname = 'regulars' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication)`)
}
