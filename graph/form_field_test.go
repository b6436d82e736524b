package graph_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"regulars/graph/graphtest"
	"regulars/internal/password"
	"regulars/internal/shop"
)

// withFields is a server whose store has the fields, values and notes of the
// golden cases.
func withFields(t *testing.T) *graphtest.Server {
	t.Helper()
	s := graphtest.New(t)
	owner := s.DB.Owner(t)
	for _, file := range []string{"fields.sql", "values.sql"} {
		owner.MustExec(readFile(t, "testdata/"+file))
	}
	notes := readFile(t, "testdata/notes.sql")
	first, _, _ := strings.Cut(notes, "INSERT INTO stores") // the other store is there
	owner.MustExec(first)
	return s
}

// The other store of these cases has fields, attributes, metafields and credit
// of the same ids, all named so.
func TestNoCaseShowsAnotherStore(t *testing.T) {
	t.Parallel()
	seeded := 0
	for _, file := range goldenFiles(t) {
		c := readGolden(t, file)
		if strings.Contains(strings.Join(c.set, ""), "CANARY7") {
			seeded++
			if strings.Contains(c.reply, "CANARY7") {
				t.Errorf("%s shows what it must not", file)
			}
		}
	}
	if seeded < 30 {
		t.Errorf("%d cases only", seeded)
	}
}

func TestPasswordFieldsAreHashed(t *testing.T) {
	t.Parallel()
	s := withFields(t)
	cookie := graphtest.WithCookie(s.Login(t, "grace@example.com"))
	const secret = "CANARY99"
	const query = `mutation { customer { updateCustomer(input: {formFields: {passwords: [{fieldEntityId: 30, password: "` + secret + `"}]}}) {
		customer { formFields { ... on PasswordFormFieldValue { password } } } errors { __typename } } } }`
	for range 2 {
		r := s.Query(t, query, cookie)
		if want := `{"data":{"customer":{"updateCustomer":{"customer":{"formFields":[{"password":""}]},"errors":[]}}}}`; string(r.Body) != want {
			t.Errorf("got %s", r.Body)
		}
		var hash string
		if err := s.DB.Owner(t).Get(&hash, `SELECT value ->> 'hash' FROM customer_field_values WHERE store_id = 1 AND customer_id = 2 AND field_id = 30`); err != nil {
			t.Fatal(err)
		}
		if ok, _, err := password.New(1).Verify(t.Context(), hash, secret); !ok || err != nil || strings.Contains(hash, secret) {
			t.Errorf("%q: %v %v", hash, ok, err)
		}
	}
	if strings.Contains(s.Log.String(), secret) {
		t.Error("logged")
	}
}

// Definitions are part of what is cached per version: a change shows at once.
func TestAChangedFormShowsAtOnce(t *testing.T) {
	t.Parallel()
	s := graphtest.New(t)
	labels := func() string {
		r := s.Query(t, `{ site { settings { formFields { customer(filters: {isBuiltIn: false}) { entityId label } } } } }`)
		_, list, _ := strings.Cut(string(r.Body), `"customer":`)
		return strings.TrimSuffix(list, "}}}}}")
	}
	if got := labels(); got != `[]` {
		t.Errorf("got %s", got)
	}
	id, err := s.Storage.AddField(t.Context(), 1, shop.FormField{Form: shop.FormCustomer, Kind: shop.FieldText, Label: "A"})
	if err != nil || id != 26 {
		t.Fatal(id, err)
	}
	if got := labels(); got != `[{"entityId":26,"label":"A"}]` {
		t.Errorf("got %s", got)
	}
	if err := s.Storage.ChangeField(t.Context(), 1, id, func(f *shop.FormField) error { f.Label = "B"; return nil }); err != nil {
		t.Fatal(err)
	}
	if got := labels(); got != `[{"entityId":26,"label":"B"}]` {
		t.Errorf("got %s", got)
	}
	if err := s.Storage.RemoveField(t.Context(), 1, id); err != nil {
		t.Fatal(err)
	}
	if got := labels(); got != `[]` {
		t.Errorf("got %s", got)
	}
}

// What nobody defined costs no query, and siblings share one.
func TestStatementsOfFields(t *testing.T) {
	t.Parallel()
	count := func(s *graphtest.Server, query string) int64 {
		cookie := graphtest.WithCookie(s.Login(t, "ada@example.com"))
		s.Query(t, query, cookie)
		before := s.Storage.Executed()
		if r := s.Query(t, query, cookie); bytes.Contains(r.Body, []byte("errors")) {
			t.Fatalf("%s", r.Body)
		}
		return s.Storage.Executed() - before
	}
	plain, full := graphtest.New(t), withFields(t)
	const session = 1
	for _, c := range []struct {
		s     *graphtest.Server
		query string
		want  int64
	}{
		{plain, `{ currentCustomer { formFields { entityId } } }`, session},
		{plain, `{ site { settings { formFields { customer { label } } } } }`, session},
		{full, `{ site { settings { formFields { customer { label } shippingAddress { label } } } } }`, session},
		{full, `{ currentCustomer { formFields { entityId } } }`, session + 1},
		{full, `{ currentCustomer { storeCredit { value } } }`, session + 1},
		{full, `{ currentCustomer { metafields(namespace: "loyalty") { edges { node { key value } } } } }`, session + 1},
	} {
		if got := count(c.s, c.query); got != c.want {
			t.Errorf("%s: %d statements, want %d", c.query, got, c.want)
		}
	}
	var attributes strings.Builder
	for i := range 20 {
		fmt.Fprintf(&attributes, "a%d: attribute(entityId: %d) { name } ", i, 1+i%2)
	}
	full.DB.Owner(t).MustExec(`INSERT INTO addresses (store_id, customer_id, fingerprint, first_name, last_name, address1, city, country_code)
		SELECT 1, 1, n::text::bytea, '', '', '', '', 'DE' FROM generate_series(1, 48) n`)
	full.DB.Owner(t).MustExec(`INSERT INTO address_field_values (store_id, address_id, field_id, value) SELECT 1, id, 35, '{"text": "x"}' FROM addresses WHERE customer_id = 1`)
	// Siblings ask while the first of them waits for a lock, and the second batch
	// too: how fast this machine is has no say.
	gathered := func(table, query string) int64 {
		cookie := graphtest.WithCookie(full.Login(t, "ada@example.com"))
		owner, before := full.DB.Owner(t), full.Storage.Executed()
		during(t, full, `LOCK TABLE `+table+` IN ACCESS EXCLUSIVE MODE`, func() *graphtest.Reply { return full.Query(t, query, cookie) }, func(tx *sqlx.Tx) error {
			for waiting := 0; waiting < 2; {
				if err := owner.Get(&waiting, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass`, table); err != nil {
					return err
				}
			}
			return tx.Commit()
		})
		return full.Storage.Executed() - before
	}
	const book = `{ currentCustomer { addresses(first: 50) { edges { node { formFields { ... on TextFormFieldValue { text } } } } } } }`
	if got := gathered("address_field_values", book); got > session+1+4 {
		t.Errorf("fields of 50 addresses: %d statements", got)
	}
	if r := full.Query(t, book, graphtest.WithCookie(full.Login(t, "ada@example.com"))); bytes.Count(r.Body, []byte(`{"formFields":[{"text":"x"}]}`)) != 50 {
		t.Errorf("%.300s", r.Body)
	}
	if got := gathered("attribute_values", `{ currentCustomer { attributes { `+attributes.String()+` } } }`); got > session+4 {
		t.Errorf("20 attributes: %d statements", got)
	}
}

// B6: a list costs as much as the page that is asked for.
func TestListsOfFieldsHaveTheirPrice(t *testing.T) {
	t.Parallel()
	s := withFields(t)
	times := func(n int, field string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d: %s ", i, field)
		}
		return b.String()
	}
	const metafields = `metafields(namespace: "a", first: 50) { edges { node { id entityId key value description } } }`
	const definitions = `customer { __typename ... on PicklistFormField { options { entityId label } } ... on CheckboxesFormField { options { entityId label } } }`
	for query, fine := range map[string]bool{
		`{ currentCustomer { ` + times(20, metafields) + ` } }`:                   true,
		`{ currentCustomer { ` + times(30, metafields) + ` } }`:                   false,
		`{ site { settings { formFields { ` + times(10, definitions) + ` } } } }`: true,
		`{ site { settings { formFields { ` + times(30, definitions) + ` } } } }`: false,
	} {
		messages, _ := errorsIn(t, s.Query(t, query, graphtest.WithCookie(s.Login(t, "ada@example.com"))))
		if refused := strings.Contains(strings.Join(messages, " "), "too complex"); refused == fine {
			t.Errorf("%.90s: %v", query, messages)
		}
	}
}

// Bytes that Postgres does not take, in the texts of this area.
func TestFieldTextsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	s := withFields(t)
	cookie := graphtest.WithCookie(s.Login(t, "grace@example.com"))
	update := func(fields string) string {
		return `mutation { customer { updateCustomer(input: {formFields: {` + fields + `}}) { errors { __typename } } } }`
	}
	for _, bad := range []string{`\u0000`, `a\u0000b`, `\ud800`, "\xff\xfe", "\xed\xa0\x80"} {
		for _, query := range []string{
			update(`texts: [{fieldEntityId: 34, text: %s}]`), update(`multilineTexts: [{fieldEntityId: 28, multilineText: %s}]`),
			update(`passwords: [{fieldEntityId: 30, password: %s}]`),
			`{ currentCustomer { metafields(namespace: %s) { edges { cursor } } } }`,
			`{ currentCustomer { metafields(namespace: \"a\", keys: [%s]) { edges { cursor } } } }`,
		} {
			query = strings.Replace(query, "%s", `\"`+bad+`\"`, 1)
			wellMannered(t, s.Post(t, []byte(`{"query":"`+query+`"}`), cookie), query)
			wellMannered(t, s.Post(t, []byte(`{"query":"`+strings.ReplaceAll(query, `\u`, `\\u`)+`"}`), cookie), query)
		}
	}
	if log := s.Log.String(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("logged as our fault: %.2000s", log)
	}
}

// G2: what belongs to the store is not an input.
func TestNobodySetsWhatIsTheStores(t *testing.T) {
	t.Parallel()
	s := withFields(t)
	cookie := graphtest.WithCookie(s.Login(t, "ada@example.com"))
	for _, more := range []string{`storeCredit: [{value: 1}]`, `attributes: [{entityId: 1, value: "x"}]`, `metafields: []`, `groupId: 1`,
		`formFields: {texts: [{fieldEntityId: 34, text: "x", customerEntityId: 2}]}`, `formFields: {storeId: 2000}`} {
		r := s.Query(t, `mutation { customer { updateCustomer(input: {`+more+`}) { errors { __typename } } } }`, cookie)
		if _, codes := errorsIn(t, r); r.Status != http.StatusOK || len(codes) == 0 || codes[0] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %d %s", more, r.Status, r.Body)
		}
	}
}
