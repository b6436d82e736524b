package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// An area is a chapter. Its operations are written as the schema has them,
// Query.customer or NewsletterMutations.subscribe, each with the golden case
// that shows it.
type area struct {
	title string
	shown []shown
}

type shown struct{ field, example string }

var areas = []area{
	{"Logging in and out", []shown{
		{"Mutation.login", "login"},
		{"Mutation.loginWithCustomerLoginJwt", "login_jwt"},
		{"Mutation.generateSessionSyncJwt", "hand_out"},
		{"Mutation.validateSessionSyncJwt", "hand_in"},
		{"Mutation.logout", "logout"},
	}},
	{"The shopper", []shown{
		{"Query.customer", "customer"},
		{"Query.currentCustomer", "current_customer_short"},
		{"CustomerMutations.revokeSession", "revoke_session"},
	}},
	{"The account", []shown{
		{"CustomerMutations.registerCustomer", "register"},
		{"CustomerMutations.updateCustomer", "update"},
		{"CustomerMutations.confirmEmail", "confirm_registration"},
		{"CustomerMutations.resendEmailConfirmation", "resend"},
	}},
	{"Passwords", []shown{
		{"CustomerMutations.changePassword", "change_password"},
		{"CustomerMutations.requestResetPassword", "request_reset"},
		{"CustomerMutations.resetPassword", "reset"},
	}},
	{"The address book", []shown{
		{"CustomerMutations.addCustomerAddress", "address_add"},
		{"CustomerMutations.updateCustomerAddress", "address_update"},
		{"CustomerMutations.deleteCustomerAddress", "address_delete"},
	}},
	{"Customer groups", []shown{
		{"Query.groups", "groups"},
	}},
	{"Newsletter", []shown{
		{"NewsletterMutations.subscribe", "subscribe"},
		{"NewsletterMutations.unsubscribe", "unsubscribe_own"},
	}},
	{"The store", []shown{
		{"Query.site", "settings"},
		{"Query.channel", "channel_metafields"},
		{"Query.store", "store_metafields"},
		{"Query.geography", "geography"},
	}},
}

// operation is one thing that a client can ask for.
type operation struct {
	kind    string   // query or mutation
	path    []string // where it stands below the root
	field   *ast.FieldDefinition
	example example
}

func (o operation) name() string { return o.kind + " " + strings.Join(o.path, ".") }

// chapter is an area with its operations.
type chapter struct {
	title string
	ops   []operation
}

// operations finds everything that areas name, and complains about what the
// schema has and they do not.
func operations(s *ast.Schema) (out []chapter, err error) {
	all := fields(s)
	for _, a := range areas {
		c := chapter{title: a.title}
		for _, w := range a.shown {
			op, ok := all[w.field]
			if !ok {
				return nil, fmt.Errorf("the schema has no %s, or it stands in two areas", w.field)
			}
			delete(all, w.field)
			if op.example, err = readExample(s, w.example, op); err != nil {
				return nil, err
			}
			c.ops = append(c.ops, op)
		}
		out = append(out, c)
	}
	var left []string
	for name := range all {
		left = append(left, name)
	}
	if len(left) > 0 {
		slices.Sort(left)
		return nil, errors.New("no area has " + strings.Join(left, ", "))
	}
	return out, nil
}

// fields are the operations by the names that areas have for them.
func fields(s *ast.Schema) map[string]operation {
	out := map[string]operation{}
	for _, f := range s.Query.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			out["Query."+f.Name] = operation{kind: "query", path: []string{f.Name}, field: f}
		}
	}
	for _, f := range s.Mutation.Fields {
		space := s.Types[f.Type.Name()]
		if !strings.HasSuffix(space.Name, "Mutations") {
			out["Mutation."+f.Name] = operation{kind: "mutation", path: []string{f.Name}, field: f}
			continue
		}
		for _, g := range space.Fields {
			out[space.Name+"."+g.Name] = operation{kind: "mutation", path: []string{f.Name, g.Name}, field: g}
		}
	}
	return out
}
