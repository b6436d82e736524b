package command

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/shop"
)

// parseGroup reads a line of groups.
func parseGroup(r row) (key string, said any, err error) {
	var wrong problems
	g := &shop.ImportedGroup{CustomerGroup: shop.CustomerGroup{Name: r.get(asGroupName)},
		NoDefault: !r.has(asDefault), NoGuests: !r.has(asGuests), NoAccess: !r.has(asAccess) && !r.has(asCategories), NoRules: !r.has(asRules)}
	for _, f := range []struct {
		is meaning
		to *bool
	}{{asDefault, &g.IsDefault}, {asGuests, &g.IsGroupForGuests}} {
		v, err := yesNo(string(f.is), r.get(f.is))
		wrong.add(err)
		*f.to = v != nil && *v
	}
	g.CategoryAccess.Type = shop.CategoryAccessType(strings.ToUpper(r.get(asAccess)))
	if t := g.CategoryAccess.Type; t != "" && t != shop.AccessAll && t != shop.AccessSpecific && t != shop.AccessNone {
		wrong.add(fmt.Errorf("%q is not a category access; ALL, SPECIFIC and NONE are", r.get(asAccess)))
	}
	for word := range strings.FieldsFuncSeq(r.get(asCategories), func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '|' }) {
		id, err := strconv.ParseInt(word, 10, 32)
		if err != nil || id < 1 {
			wrong.add(fmt.Errorf("%q is not a category's id", word))
		}
		if !slices.Contains(g.CategoryAccess.CategoryIDs, id) {
			g.CategoryAccess.CategoryIDs = append(g.CategoryAccess.CategoryIDs, id)
		}
	}
	g.DiscountRules, err = shop.ParseDiscountRules(r.get(asRules))
	wrong.add(err)
	wrong.add(g.Check())
	return strings.ToLower(g.Name), g, wrong.err()
}
