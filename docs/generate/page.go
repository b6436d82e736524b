package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed introduction.md
var introduction string

// page writes storefront.md.
type page struct {
	schema *ast.Schema
	text   bytes.Buffer
	told   map[string]bool // types whose fields stand with their operation
}

func (p *page) say(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

func (p *page) write(chapters []chapter) {
	p.told = map[string]bool{}
	p.say("<!-- Made by docs/generate from schema.graphqls and graph/testdata; do not edit. -->\n")
	p.text.WriteString(introduction)
	p.contents(chapters)
	for _, c := range chapters {
		p.say("\n## %s", c.title)
		for _, o := range c.ops {
			p.operation(o)
		}
	}
	p.types()
}

func (p *page) contents(chapters []chapter) {
	p.say("\n## Contents\n")
	for _, c := range chapters {
		p.say("- [%s](#%s)", c.title, anchor(c.title))
		for _, o := range c.ops {
			p.say("  - [%s](#%s)", strings.Join(o.path, "."), anchor(o.name()))
		}
	}
	p.say("- [Types](#types)")
}

// anchor is what GitHub makes of a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, heading)
}

func (p *page) operation(o operation) {
	p.say("\n### %s\n\n%s", o.name(), o.field.Description)
	if len(o.field.Arguments) > 0 {
		p.say("\n| argument | type | |\n|---|---|---|")
		for _, a := range o.field.Arguments {
			d := p.schema.Types[a.Type.Name()]
			alone := d.Kind == ast.InputObject && p.once(d)
			p.row(a.Name, a.Type, a.DefaultValue, a.Description, nil)
			if alone {
				p.rows(d, a.Name+".")
			}
		}
	}
	p.result(o.field.Type)
	p.example(o.example)
}

// once tells whether a type is used in one place only, and has that place tell
// its fields.
func (p *page) once(d *ast.Definition) bool {
	uses := 0
	for _, other := range p.schema.Types {
		for _, f := range other.Fields {
			if f.Type.Name() == d.Name {
				uses++
			}
			for _, a := range f.Arguments {
				if a.Type.Name() == d.Name {
					uses++
				}
			}
		}
	}
	p.told[d.Name] = p.told[d.Name] || uses == 1
	return uses == 1
}

func (p *page) rows(d *ast.Definition, prefix string) {
	for _, f := range d.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			p.row(prefix+f.Name, f.Type, f.DefaultValue, f.Description, f.Directives)
		}
	}
}

func (p *page) row(name string, t *ast.Type, byDefault *ast.Value, description string, directives ast.DirectiveList) {
	if d := directives.ForName("deprecated"); d != nil {
		description += " Deprecated."
		if reason := d.Arguments.ForName("reason"); reason != nil {
			description += " " + reason.Value.Raw
		}
	}
	written := p.link(t)
	if byDefault != nil {
		written += " = `" + byDefault.String() + "`"
	}
	p.say("| `%s` | %s | %s |", name, written, cell(description))
}

// cell keeps a text in its column.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

// link writes a type, with a way to what it is.
func (p *page) link(t *ast.Type) string {
	d := p.schema.Types[t.Name()]
	if d.BuiltIn || p.told[d.Name] || d.Kind == ast.Union {
		return "`" + t.String() + "`"
	}
	return "[`" + t.String() + "`](#" + anchor(heading(d)) + ")"
}

// result tells what is answered: the fields of a type that only this operation
// has, and the refusals that are part of it.
func (p *page) result(t *ast.Type) {
	d := p.schema.Types[t.Name()]
	if !strings.HasSuffix(d.Name, "Result") || !p.once(d) {
		p.say("\nAnswers %s.", p.link(t))
		return
	}
	p.say("\n| answer | type | |\n|---|---|---|")
	var unions []*ast.Definition
	p.answer(d, "", &unions)
	for _, u := range unions {
		p.say("\n| member of `%s` | |\n|---|---|", u.Name)
		for _, member := range u.Types {
			p.told[member] = true
			p.say("| `%s` | %s |", member, cell(p.schema.Types[member].Description))
		}
	}
}

func (p *page) answer(d *ast.Definition, prefix string, unions *[]*ast.Definition) {
	for _, f := range d.Fields {
		inner := p.schema.Types[f.Type.Name()]
		nested := strings.HasSuffix(inner.Name, "Result") && p.once(inner)
		p.row(prefix+f.Name, f.Type, nil, f.Description, f.Directives)
		switch {
		case nested:
			p.answer(inner, prefix+f.Name+".", unions)
		case inner.Kind == ast.Union:
			*unions = append(*unions, inner)
		}
	}
}

func (p *page) example(e example) {
	who := "A shopper who is logged in asks"
	if e.who == "guest" {
		who = "A guest asks"
	}
	for _, h := range e.headers {
		who += ", with `" + h + "`"
	}
	p.say("\n%s:\n\n```graphql\n%s\n```", who, e.query)
	if e.variables != "" {
		p.say("\n```json\n%s\n```", e.variables)
	}
	p.say("\nThe answer:")
	if e.set != "" {
		p.say("\n```http\n%s\n```", e.set)
	}
	p.say("\n```json\n%s\n```", e.reply)
}

// heading is the title of a type's own paragraph.
func heading(d *ast.Definition) string {
	kinds := map[ast.DefinitionKind]string{
		ast.Object: "type", ast.InputObject: "input", ast.Interface: "interface", ast.Enum: "enum", ast.Scalar: "scalar", ast.Union: "union",
	}
	return kinds[d.Kind] + " " + d.Name
}

// types tells about everything that no operation has for itself.
func (p *page) types() {
	p.say("\n## Types\n\n`String`, `Int` (32 bits), `Float`, `Boolean` and `ID` are GraphQL's own.")
	var all []*ast.Definition
	for _, d := range p.schema.Types {
		root := d == p.schema.Query || d == p.schema.Mutation || strings.HasSuffix(d.Name, "Mutations")
		if !d.BuiltIn && !root && !p.told[d.Name] && d.Kind != ast.Union {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	for _, d := range all {
		p.typeOf(d)
	}
}

func (p *page) typeOf(d *ast.Definition) {
	p.say("\n#### %s\n\n%s", heading(d), d.Description)
	inherited := func(name string) bool {
		return slices.ContainsFunc(d.Interfaces, func(i string) bool { return p.schema.Types[i].Fields.ForName(name) != nil })
	}
	if len(d.Interfaces) > 0 {
		var links []string
		for _, i := range d.Interfaces {
			links = append(links, p.link(ast.NamedType(i, nil)))
		}
		p.say("\nHas all that %s has.", strings.Join(links, " and "))
	}
	if kinds := p.kinds(d); len(kinds) > 0 {
		p.say("\nOne of %s.", strings.Join(kinds, ", "))
	}
	var own []*ast.FieldDefinition
	for _, f := range d.Fields {
		if !strings.HasPrefix(f.Name, "__") && !inherited(f.Name) {
			own = append(own, f)
		}
	}
	if len(own) > 0 {
		p.say("\n| field | type | |\n|---|---|---|")
		for _, f := range own {
			p.row(f.Name+arguments(f), f.Type, f.DefaultValue, f.Description, f.Directives)
		}
	}
	if len(d.EnumValues) > 0 {
		p.say("\n| value | |\n|---|---|")
		for _, v := range d.EnumValues {
			p.say("| `%s` | %s |", v.Name, cell(v.Description))
		}
	}
}

// kinds are the types that an interface stands for, errors aside.
func (p *page) kinds(d *ast.Definition) (out []string) {
	if d.Kind != ast.Interface {
		return nil
	}
	for _, t := range p.schema.PossibleTypes[d.Name] {
		if !p.told[t.Name] {
			out = append(out, p.link(ast.NamedType(t.Name, nil)))
		}
	}
	slices.Sort(out)
	return out
}

// arguments lists the names of a field's arguments.
func arguments(f *ast.FieldDefinition) string {
	if len(f.Arguments) == 0 {
		return ""
	}
	var names []string
	for _, a := range f.Arguments {
		names = append(names, a.Name)
	}
	return "(" + strings.Join(names, ", ") + ")"
}
