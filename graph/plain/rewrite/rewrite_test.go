package main

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what comes out to testdata/after.txt")

const (
	before = "testdata/before.txt"
	after  = "testdata/after.txt"
)

var named = names{never: list{"Cover.color"}, seldom: list{"Book.shelf"}}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	got, err := rewrite([]byte(read(t, before)), named)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(after, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, after); string(got) != want {
		t.Errorf("read the difference after -update:\n%s", got)
	}
}

// What gqlgen writes one day may look different. That must not go unnoticed.
func TestUnknownFormsAreToldOf(t *testing.T) {
	t.Parallel()
	source := read(t, before)
	for what, change := range map[string][2]string{
		"kind field":    {"return obj.", "return its.obj."},
		"kind method":   {"obj.Price()", "obj.Price(1)"},
		"kind resolver": {".Color(ctx, obj)", ".Color(ctx, obj, 1)"},
		"kind object":   {"graphql.NewFieldSet(", "graphql.FieldsOf("},
		"kind list":     {"MarshalSliceConcurrently", "MarshalList"},
		"kind answer":   {"buf.Bytes()", "buf.String()"},
		"kind @defer":   {"NewDeferredGroup", "Deferrals"},
		"Cover.color":   {"_Cover_color", "_Cover_colour"},
		"Book.shelf":    {"_Book_shelf", "_Book_place"},
	} {
		text := strings.ReplaceAll(source, change[0], change[1])
		if what == "kind object" {
			text = strings.ReplaceAll(text, "graphql.CollectFields", "graphql.FieldsIn")
		}
		if _, err := rewrite([]byte(text), named); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("without %s: %v", change[0], err)
		}
	}
}
