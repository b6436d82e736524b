package shop

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Check cleans a group and reports every mistake: what a group can be is the
// platform's rule (contract/apps.md b).
func (g *CustomerGroup) Check() error {
	var errs Errors
	var e *Error
	if g.Name, e = checkLine("name", g.Name, 1, 255); e != nil {
		errs = append(errs, e)
	}
	if g.CategoryAccess.Type == "" {
		g.CategoryAccess.Type = AccessAll
	}
	if (g.CategoryAccess.Type == AccessSpecific) != (len(g.CategoryAccess.CategoryIDs) > 0) {
		errs = append(errs, Invalid("category_access", "Categories are named where, and only where, the access is SPECIFIC."))
	}
	seen := map[string]bool{}
	for _, r := range g.DiscountRules {
		target := string(r.Type) + " " + strconv.FormatInt(r.TargetID, 10)
		switch {
		case r.Type == RulePriceList && len(g.DiscountRules) > 1:
			errs = append(errs, Invalid("discount_rules", "A price list has to be the only rule."))
		case seen[target]:
			errs = append(errs, Invalid("discount_rules", "There are two rules for %s.", target))
		case r.Method != nil && *r.Method == MethodPercent && !percentage.MatchString(string(*r.Amount)):
			errs = append(errs, Invalid("discount_rules", "A percentage is between 0 and 100."))
		}
		seen[target] = true
	}
	return errs.Or()
}

var percentage = regexp.MustCompile(`^(100(\.0+)?|\d{1,2}(\.\d+)?)$`)

// ParseDiscountRules reads rules as files have them: ALL PERCENT 20 | CATEGORY 23
// PERCENT 30 | PRODUCT 7 PRICE 9.95 | PRICE_LIST 3.
func ParseDiscountRules(s string) (rules []CustomerGroupDiscountRule, err error) {
	for text := range strings.SplitSeq(s, "|") {
		words := strings.Fields(strings.ToUpper(text))
		if len(words) == 0 {
			continue
		}
		r := CustomerGroupDiscountRule{Type: DiscountRuleType(words[0])}
		words = words[1:]
		if r.Type != RuleAll && len(words) > 0 {
			if r.TargetID, err = strconv.ParseInt(words[0], 10, 32); err != nil || r.TargetID < 1 {
				return nil, Invalid("discount_rules", "%q is not a rule.", text)
			}
			words = words[1:]
		}
		if r.Type != RulePriceList && len(words) == 2 {
			method, amount := DiscountMethod(words[0]), Decimal(words[1])
			r.Method, r.Amount = &method, &amount
			words = nil
		}
		if len(words) > 0 || !r.complete() {
			return nil, Invalid("discount_rules", "%q is not a rule.", text)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

var amount = regexp.MustCompile(`^\d{1,16}(\.\d{1,4})?$`)

func (r CustomerGroupDiscountRule) complete() bool {
	if r.Type == RulePriceList {
		return r.TargetID > 0
	}
	if r.Method == nil || !amount.MatchString(string(*r.Amount)) || (r.Type != RuleAll && r.TargetID == 0) {
		return false
	}
	known := r.Type == RuleAll || r.Type == RuleCategory || r.Type == RuleProduct
	return known && (*r.Method == MethodPercent || *r.Method == MethodFixed || *r.Method == MethodPrice)
}

// String writes a rule as ParseDiscountRules reads it.
func (r CustomerGroupDiscountRule) String() string {
	words := []string{string(r.Type)}
	if r.TargetID != 0 {
		words = append(words, strconv.FormatInt(r.TargetID, 10))
	}
	if r.Method != nil {
		words = append(words, string(*r.Method), string(*r.Amount))
	}
	return strings.Join(words, " ")
}

// ImportedGroup is what a merchant's file says about one group. What it has no
// column for is said of new groups alone.
type ImportedGroup struct {
	CustomerGroup
	NoDefault, NoGuests, NoAccess, NoRules bool
}

// Over is the group that known becomes.
func (g *ImportedGroup) Over(known CustomerGroup) CustomerGroup {
	out := g.CustomerGroup
	out.ID = known.ID
	if g.NoDefault {
		out.IsDefault = known.IsDefault
	}
	if g.NoGuests {
		out.IsGroupForGuests = known.IsGroupForGuests
	}
	if g.NoAccess {
		out.CategoryAccess = known.CategoryAccess
	}
	if g.NoRules {
		out.DiscountRules = known.DiscountRules
	}
	return out
}

// Same tells whether two groups give the same, whatever their ids.
func (g CustomerGroup) Same(h CustomerGroup) bool {
	rules := func(g CustomerGroup) string {
		var out []string
		for _, r := range g.DiscountRules {
			if r.Amount != nil {
				n := r.Amount.normal()
				r.Amount = &n
			}
			out = append(out, r.String())
		}
		slices.Sort(out)
		return strings.Join(out, "|")
	}
	ids := func(g CustomerGroup) []int64 { return slices.Sorted(slices.Values(g.CategoryAccess.CategoryIDs)) }
	return g.Name == h.Name && g.IsDefault == h.IsDefault && g.IsGroupForGuests == h.IsGroupForGuests &&
		g.CategoryAccess.Type == h.CategoryAccess.Type && slices.Equal(ids(g), ids(h)) && rules(g) == rules(h)
}

// normal has no zeros that say nothing.
func (d Decimal) normal() Decimal {
	s := strings.TrimLeft(string(d), "0")
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "" || s[0] == '.' {
		s = "0" + s
	}
	return Decimal(s)
}
