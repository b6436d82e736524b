package storage_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"regulars/internal/shop"
)

// fillFields gives the customers of crowd one of everything that this area keeps.
// Field, attribute and metafields of a store have the ids that the other's have.
func (w *world) fillFields(stores [2]int64) {
	for _, statement := range []string{
		`INSERT INTO form_fields (store_id, id, form, kind, label) SELECT s, 26, 'CUSTOMER', 'TEXT', 'x' FROM unnest($1::bigint[]) s`,
		`INSERT INTO form_fields (store_id, id, form, kind, label) SELECT s, 27, 'ADDRESS', 'CHECKBOXES', 'y' FROM unnest($1::bigint[]) s`,
		`INSERT INTO customer_field_values (store_id, customer_id, field_id, value)
		 SELECT store_id, id, 26, json_build_object('text', store_id || '-' || id, 'number', 1) FROM customers WHERE store_id = ANY ($1)`,
		`INSERT INTO address_field_values (store_id, address_id, field_id, value)
		 SELECT store_id, id, 27, json_build_object('options', json_build_array(customer_id)) FROM addresses WHERE store_id = ANY ($1)`,
		`INSERT INTO attributes (store_id, id, name, type) SELECT s, a, 'attribute ' || a, 'string' FROM unnest($1::bigint[]) s, generate_series(1, 3) a`,
		`INSERT INTO attribute_values (store_id, customer_id, attribute_id, value)
		 SELECT store_id, id, a, store_id || '-' || id FROM customers, generate_series(1, 3) a WHERE store_id = ANY ($1) AND a <= id % 4`,
		`INSERT INTO store_credits (store_id, customer_id, currency, amount)
		 SELECT store_id, id, c, store_id * 1000 + id FROM customers, unnest('{USD,EUR}'::text[]) c WHERE store_id = ANY ($1)`,
		`INSERT INTO metafields (store_id, resource, resource_id, namespace, key, value, permission_set)
		 SELECT store_id, 'customer', id, 'n' || n % 2, 'k' || n, store_id || '-' || id, CASE n WHEN 4 THEN 'read' ELSE 'read_and_sf_access' END
		 FROM customers, generate_series(1, 6) n WHERE store_id = ANY ($1)`,
	} {
		w.owner.MustExec(statement, fmt.Sprintf("{%d,%d}", stores[0], stores[1]))
	}
}

// firstAddresses are an address of each customer that has one, by store and
// customer.
func (w *world) firstAddresses() map[[2]int64]int64 {
	var rows []struct{ Store, Customer, ID int64 }
	if err := w.owner.Select(&rows, `SELECT store_id AS store, customer_id AS customer, min(id) AS id FROM addresses GROUP BY 1, 2`); err != nil {
		panic(err)
	}
	out := map[[2]int64]int64{}
	for _, r := range rows {
		out[[2]int64{r.Store, r.Customer}] = r.ID
	}
	return out
}

func (w *world) fieldLoads() map[string]load {
	addresses := w.firstAddresses()
	page := shop.Window{Before: math.MaxInt64, Limit: 2}
	return map[string]load{
		"customer fields": {"customer_field_values", func(ctx context.Context, store, c int64) (string, string, error) {
			values, err := w.s.CustomerFields(ctx, store, c)
			return fmt.Sprint(len(values), values[0].FieldID, values[0].Text), fmt.Sprint(1, 26, w.mark(store, c)), err
		}},
		"address fields": {"address_field_values", func(ctx context.Context, store, c int64) (string, string, error) {
			id := addresses[[2]int64{store, c}]
			values, err := w.s.AddressFields(ctx, store, id)
			if id == 0 {
				return fmt.Sprint(values), "[]", err
			}
			return fmt.Sprint(len(values), values[0].Options), fmt.Sprint(1, []int64{c}), err
		}},
		"attributes": {"attribute_values", func(ctx context.Context, store, c int64) (string, string, error) {
			a, ok, err := w.s.CustomerAttribute(ctx, store, c, 3)
			if c%4 < 3 {
				return fmt.Sprint(a.Name, a.Value == nil, ok), "attribute 3true true", err
			}
			return a.Name + *a.Value, "attribute 3" + w.mark(store, c), err
		}},
		"attribute counts": {"attribute_values", func(ctx context.Context, store, c int64) (string, string, error) {
			n, err := w.s.CountAttributes(ctx, store, c)
			return fmt.Sprint(n), fmt.Sprint(c % 4), err
		}},
		"store credit": {"store_credits", func(ctx context.Context, store, c int64) (string, string, error) {
			list, err := w.s.StoreCredit(ctx, store, c)
			return fmt.Sprint(list), fmt.Sprintf("[{EUR %[1]d} {USD %[1]d}]", store*1000+c), err
		}},
		"metafields": {"metafields", func(ctx context.Context, store, c int64) (string, string, error) {
			keys, want := []string{}, "k2,k6 false"
			switch c % 3 {
			case 1:
				keys, want = []string{"k6", "k1", "k4", "k6"}, "k6 false"
			case 2:
				keys, want = []string{"a", "b"}, " false"
			}
			p, err := w.s.StorefrontMetafields(ctx, store, shop.MetafieldOwner{Resource: "customer", ID: c}, "n0", keys, page)
			var got []string
			for _, m := range p.Items {
				if m.Value == w.mark(store, c) && m.Namespace == "n0" {
					got = append(got, m.Key)
				}
			}
			return fmt.Sprint(strings.Join(got, ","), " ", p.HasNext), want, err
		}},
	}
}

// fieldScribbles are askers that write to what they got.
func (w *world) fieldScribbles(ctx context.Context, store int64) map[string]func() error {
	wrong := errors.New("a foreign change")
	return map[string]func() error{
		"customer_field_values": func() error {
			v, err := w.s.CustomerFields(ctx, store, 3)
			if err == nil && (v[0].Text != w.mark(store, 3) || *v[0].Number != 1) {
				err = wrong
			}
			v[0].Text, *v[0].Number = "x", 9
			return err
		},
		"attribute_values": func() error {
			a, _, err := w.s.CustomerAttribute(ctx, store, 3, 1)
			if err == nil && *a.Value != w.mark(store, 3) {
				err = wrong
			}
			*a.Value = "x"
			return err
		},
		"store_credits": func() error {
			list, err := w.s.StoreCredit(ctx, store, 3)
			if err == nil && list[0].CurrencyCode != "EUR" {
				err = wrong
			}
			list[0].CurrencyCode = "x"
			return err
		},
		"metafields": func() error {
			owner := shop.MetafieldOwner{Resource: "customer", ID: 3}
			p, err := w.s.StorefrontMetafields(ctx, store, owner, "n1", nil, shop.Window{Before: math.MaxInt64, Limit: 5})
			if err == nil && p.Items[0].Key != "k1" {
				err = wrong
			}
			p.Items[0].Key = "x"
			return err
		},
	}
}
