package command_test

import (
	"fmt"
	"strings"
	"testing"

	"regulars/internal/shop"
)

func (c *console) fields(t *testing.T, hash string, form shop.Form) map[int64]shop.FormField {
	t.Helper()
	s, err := c.s.SnapshotByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]shop.FormField{}
	for _, f := range s.Store.Forms.Fields(form) {
		out[f.ID] = f
	}
	return out
}

func TestFormFieldOfEachKind(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One")
	for i, k := range []struct {
		args []string
		want string // as facts of the field
	}{
		{[]string{"checkboxes", "Terms, and more", "--option=I agree, really", "--option=Not", "--required"}, "CHECKBOXES required [{1 I agree, really} {2 Not}]"},
		{[]string{"date", "Birthday", "--min=1900-01-01", "--max=2010-12-31", "--default=2000-06-01"}, "DATE min 1900-01-01 max 2010-12-31 default 2000-06-01"},
		{[]string{"multiline", "Notes", "--rows=3", "--default=a"}, "MULTILINE_TEXT rows 3 default a"},
		{[]string{"number", "Employees", "--min=-5", "--max=9", "--default=1.5", "--max-length=4"}, "NUMBER length 4 min -5 max 9 default 1.5"},
		{[]string{"password", "PIN", "--max-length=4"}, "PASSWORD length 4"},
		{[]string{"picklist", "Colour", "--option=Red", "--prefix=Choose"}, "PICKLIST prefix Choose [{1 Red}]"},
		{[]string{"picklist-or-text", "Region", "--max-length=9"}, "PICKLIST_OR_TEXT length 9"},
		{[]string{"radio", "Size", "--option=S"}, "RADIO_BUTTONS [{1 S}]"},
		{[]string{"text", "Nickname", "--default=x", "--sort-order=-2"}, "TEXT default x"},
	} {
		id := 26 + i
		c.says(t, fmt.Sprintf("Added field %d to the customer form of store one.", id), append([]string{"formfield", "add", "one", "customer"}, k.args...)...)
		if got := described(c.fields(t, "one", shop.FormCustomer)[int64(id)]); got != k.want {
			t.Errorf("got %q, want %q", got, k.want)
		}
	}
	out := c.says(t, "option 1  I agree, really", "formfield", "list", "one")
	for _, line := range []string{"customer\n  34  Nickname  (text, sort order -2)\n", "  1  Email Address  (text, built in, required, sort order 1)", "shipping\n  4  First Name", "billing\n  4  ",
		"  26  Terms, and more  (checkboxes, required, sort order 26)\n     option 1  "} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not in\n%s", line, out)
		}
	}
}

func described(f shop.FormField) string {
	out := string(f.Kind)
	add := func(there bool, format string, args ...any) {
		if there {
			out += fmt.Sprintf(" "+format, args...)
		}
	}
	add(f.Required, "required")
	add(f.Rows != 0, "rows %d", f.Rows)
	if f.MaxLength != nil {
		add(true, "length %d", *f.MaxLength)
	}
	if f.MinNumber != nil && f.MaxNumber != nil && f.DefaultNumber != nil {
		add(true, "min %d max %d default %v", *f.MinNumber, *f.MaxNumber, *f.DefaultNumber)
	}
	if f.MinDate != nil && f.MaxDate != nil && f.DefaultDate != nil {
		add(true, "min %s max %s default %s", f.MinDate.Format("2006-01-02"), f.MaxDate.Format("2006-01-02"), f.DefaultDate.Format("2006-01-02"))
	}
	if f.DefaultText != nil {
		add(true, "default %s", *f.DefaultText)
	}
	add(f.Prefix != "", "prefix %s", f.Prefix)
	add(len(f.Options) > 0, "%v", f.Options)
	return out
}

func TestFormFieldAddRefuses(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One")
	for _, r := range []struct{ want, args string }{
		{`no store "two"`, "two customer text A"}, {"form", "one checkout text A"}, {"kind", "one customer colour A"}, {"needs options", "one customer radio A"},
		{"has no options", "one customer text A --option=x"}, {"--min is a whole number", "one customer number A --min=1.5"}, {"--max is a day", "one customer date A --max=31.12.2024"},
		{"--min is for numbers and dates", "one customer text A --min=1"}, {"--default is a number", "one customer number A --default=NaN"}, {"has no rows", "one customer text A --rows=2"},
		{"above the largest", "one customer number A --min=2 --max=1"}, {"has no default", "one customer picklist A --option=x --default=x"},
	} {
		c.refuses(t, r.want, append([]string{"formfield", "add"}, strings.Fields(r.args)...)...)
	}
}

func TestFormFieldSetAndRemove(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "store", "create", "one", "--name", "One")
	c.says(t, "Added field 26", "formfield", "add", "one", "address", "radio", "Size", "--option=S", "--option=M", "--required")
	c.says(t, "Added field 27", "formfield", "add", "one", "customer", "number", "Age", "--min=18")
	version := c.version(t, "one")
	c.says(t, "Changed field 26 of store one.", "formfield", "set", "one", "26", "--label=Shirt", "--no-required", "--sort-order=3",
		"--add-option=L, XL", "--rename-option=1=Small", "--remove-option=2")
	for _, form := range []shop.Form{shop.FormShipping, shop.FormBilling} {
		if f := c.fields(t, "one", form)[26]; f.Label != "Shirt" || f.Required || f.SortOrder != 3 || fmt.Sprint(f.Options) != "[{1 Small} {3 L, XL}]" {
			t.Errorf("%+v", f)
		}
	}
	if c.version(t, "one") <= version {
		t.Error("running servers would not notice")
	}
	c.says(t, "", "formfield", "set", "one", "27", "--min=", "--max=99")
	if f := c.fields(t, "one", shop.FormCustomer)[27]; f.MinNumber != nil || *f.MaxNumber != 99 || f.Label != "Age" {
		t.Errorf("%+v", f)
	}
	c.says(t, "", "formfield", "set", "one", "7", "--label=Mobile", "--required")
	c.says(t, "", "formfield", "set", "one", "6", "--required", "--form=billing")
	c.says(t, "", "formfield", "set", "one", "1", "--label=E-mail")
	shipping, billing := c.fields(t, "one", shop.FormShipping), c.fields(t, "one", shop.FormBilling)
	if shipping[7].Label != "Mobile" || !billing[7].Required || shipping[6].Required || !billing[6].Required || c.fields(t, "one", shop.FormCustomer)[1].Label != "E-mail" {
		t.Errorf("%+v %+v", shipping[7], billing[6])
	}
	for _, r := range []struct{ want, args string }{
		{"no form field 28", "set one 28 --label=x"}, {"no option 9", "set one 26 --remove-option=9"}, {"no option 9", "set one 26 --rename-option=9=x"},
		{"needs options", "set one 26 --remove-option=1 --remove-option=3"}, {"a built-in field has", "set one 7 --max-length=3"}, {"a built-in field has", "set one 7 --add-option=x"},
		{"not for the store to say", "set one 4 --no-required"}, {"No such field is built into", "set one 14 --label=x"}, {`no store "two"`, "set two 7 --label=x"},
		{"is built in: it stays", "remove one 7"}, {"no form field 28", "remove one 28"}, {`no store "two"`, "remove two 26"}, {`no store "two"`, "list two"},
	} {
		c.refuses(t, r.want, append([]string{"formfield"}, strings.Fields(r.args)...)...)
	}
	c.says(t, "Removed field 26 of store one.", "formfield", "remove", "one", "26")
	c.refuses(t, "no form field 26", "formfield", "remove", "one", "26")
	c.says(t, "Added field 28", "formfield", "add", "one", "address", "radio", "Size", "--option=S")
}

func TestAttributeCommands(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "demo")
	c.says(t, "Added attribute 1 to store demo.", "attribute", "add", "demo", "Points", "number")
	c.says(t, "Set attribute 1 of customer 1 of store demo.", "attribute", "set-value", "demo", "ADA@example.com", "1", "12")
	c.says(t, "", "attribute", "set-value", "demo", "2", "1", "3")
	if n := c.count(t, `attribute_values WHERE (customer_id, value) IN ((1, '12'), (2, '3'))`); n != 2 {
		t.Errorf("%d values", n)
	}
	c.says(t, "1  Points  (number)", "attribute", "list", "demo")
	for _, r := range []struct{ want, args string }{
		{"already", "add demo POINTS string"}, {"type", "add demo x bool"}, {`no store "x"`, "add x y string"}, {`no store "x"`, "list x"}, {`no store "x"`, "remove x 1"},
		{`no store "x"`, "set-value x 1 1 1"}, {"takes a number", "set-value demo 1 1 many"}, {"no such attribute", "set-value demo 1 2 x"}, {"no customer 99", "set-value demo 99 1 1"},
		{"no customer nobody@example.com", "set-value demo nobody@example.com 1 1"}, {"neither a customer's id nor", "set-value demo ada 1 1"}, {"no such attribute", "remove demo 2"},
	} {
		c.refuses(t, r.want, append([]string{"attribute"}, strings.Fields(r.args)...)...)
	}
	c.says(t, "", "attribute", "set-value", "demo", "2", "1", "")
	c.says(t, "Removed attribute 1 of store demo.", "attribute", "remove", "demo", "1")
	if c.count(t, `attributes`)+c.count(t, `attribute_values`) != 0 {
		t.Error("something is left")
	}
}

func TestMetafieldCommands(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "demo")
	for i, owner := range []string{"store", "channel:1", "customer:1", "customer:ada@example.com"} {
		out := c.says(t, "of "+owner+" of store demo.", "metafield", "set", "demo", owner, "a", fmt.Sprint("k", i), "v\nw", "--description=d")
		if !strings.Contains(out, "Storefronts cannot read it") {
			t.Errorf("%s", out)
		}
		c.says(t, "", "metafield", "set", "demo", owner, "a", fmt.Sprint("k", i), "v", "--permission-set=read_and_sf_access")
	}
	if out := c.says(t, "a k2  v  (read_and_sf_access)", "metafield", "list", "demo", "customer:1"); strings.Count(out, "\n") != 2 || strings.Contains(out, "cannot read") {
		t.Errorf("%s", out)
	}
	for _, r := range []struct{ want, args string }{
		{"about store, channel:ID or customer:ID", "set demo order:1 a k v"}, {"about store", "set demo customer: a k v"}, {"named by its id", "set demo channel:x a k v"},
		{"no channel 2", "set demo channel:2 a k v"}, {"no customer 99", "set demo customer:99 a k v"}, {"permission-set", "set demo store a k v --permission-set=all"},
		{"no such metafield", "remove demo store a none"}, {`no store "x"`, "list x store"}, {`no store "x"`, "remove x store a k"}, {"about store", "list demo stores"},
	} {
		c.refuses(t, r.want, append([]string{"metafield"}, strings.Fields(r.args)...)...)
	}
	c.says(t, "Removed metafield a k0 of store of store demo.", "metafield", "remove", "demo", "store", "a", "k0")
	if n := c.count(t, `metafields`); n != 3 {
		t.Errorf("%d metafields", n)
	}
}

func TestCreditCommands(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	c.says(t, "", "demo")
	c.says(t, "0 USD", "credit", "list", "demo", "1")
	c.says(t, "Customer 1 of store demo has 12.50 EUR with it.", "credit", "set", "demo", "ada@example.com", "12.50", "eur")
	c.says(t, "0 USD\n12.5 EUR\n", "credit", "list", "demo", "1")
	for _, r := range []struct{ want, args string }{
		{"at most 2 decimals", "set demo 1 12.505 EUR"}, {"at most 0 decimals", "set demo 1 1.5 JPY"}, {"ISO 4217", "set demo 1 1 EURO"}, {"is a number", "set demo 1 x EUR"},
		{`no store "x"`, "set x 1 1 EUR"}, {`no store "x"`, "list x 1"}, {"no customer 99", "set demo 99 1 EUR"}, {"e-mail address", "list demo ada"},
	} {
		c.refuses(t, r.want, append([]string{"credit"}, strings.Fields(r.args)...)...)
	}
	c.says(t, "has 0 EUR with it", "credit", "set", "demo", "1", "0", "EUR")
	if n := c.count(t, `store_credits`); n != 0 {
		t.Errorf("%d rows", n)
	}
}
