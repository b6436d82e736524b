package shop

// DiscountRuleType says what a rule's target is.
type DiscountRuleType string

// The types; PriceList stands alone in its group.
const (
	RuleAll       DiscountRuleType = "ALL"
	RuleCategory  DiscountRuleType = "CATEGORY"
	RuleProduct   DiscountRuleType = "PRODUCT"
	RulePriceList DiscountRuleType = "PRICE_LIST"
)

// DiscountMethod says what a rule's amount means.
type DiscountMethod string

// The methods: a percentage off, an amount off, the price itself.
const (
	MethodPercent DiscountMethod = "PERCENT"
	MethodFixed   DiscountMethod = "FIXED"
	MethodPrice   DiscountMethod = "PRICE"
)

// CategoryAccessType says which categories a group sees.
type CategoryAccessType string

// The kinds of access.
const (
	AccessAll      CategoryAccessType = "ALL"
	AccessSpecific CategoryAccessType = "SPECIFIC"
	AccessNone     CategoryAccessType = "NONE"
)

// Decimal is an exact number as Postgres writes it, such as "20.0000".
type Decimal string

// CustomerGroup is a customer group with all that it gives its members.
type CustomerGroup struct {
	ID               int64
	Name             string
	IsDefault        bool
	IsGroupForGuests bool
	DiscountRules    []CustomerGroupDiscountRule
	CategoryAccess   CustomerGroupCategoryAccess
}

// CustomerGroupDiscountRule is one discount rule. TargetID is the category,
// product or price list; 0 for RuleAll. Amount is nil for RulePriceList.
type CustomerGroupDiscountRule struct {
	ID       int64
	Type     DiscountRuleType
	Method   *DiscountMethod
	Amount   *Decimal
	TargetID int64
}

// CategoryID is the target of a category rule, nil otherwise.
func (r CustomerGroupDiscountRule) CategoryID() *int64 { return r.target(RuleCategory) }

// ProductID is the target of a product rule, nil otherwise.
func (r CustomerGroupDiscountRule) ProductID() *int64 { return r.target(RuleProduct) }

// PriceListID is the target of a price-list rule, nil otherwise.
func (r CustomerGroupDiscountRule) PriceListID() *int64 { return r.target(RulePriceList) }

func (r CustomerGroupDiscountRule) target(t DiscountRuleType) *int64 {
	if r.Type != t {
		return nil
	}
	return &r.TargetID
}

// CustomerGroupCategoryAccess is which categories a group sees. CategoryIDs is
// empty, never nil, unless Type is AccessSpecific.
type CustomerGroupCategoryAccess struct {
	Type        CategoryAccessType
	CategoryIDs []int64
}
