package storage

import (
	"context"
	"strings"

	"regulars/internal/shop"
)

// ImportGroups takes one part of a file in one transaction. A group that is there under the name, whatever its case, is the
// one meant.
func (s *Store) ImportGroups(ctx context.Context, run ImportRun, part ImportPart) (out []ImportOutcome, err error) {
	defer explain(&err, "importing groups into store %d", run.StoreID)
	return s.importLines(ctx, run, part, func(t tx, lines []ImportOutcome) error {
		groups, err := t.knownGroups(run.StoreID)
		if err != nil {
			return err
		}
		for i := range lines {
			said, err := undecided[shop.ImportedGroup](&lines[i])
			if err != nil {
				return err
			}
			if said == nil {
				continue
			}
			if err := t.importGroup(run, &lines[i], groups, said); err != nil {
				return err
			}
		}
		return nil
	})
}

// knownGroups gives every group with what it gives, by the key of its name. It
// reads in the transaction: a connection more may not be there.
func (t tx) knownGroups(storeID int64) (map[string]shop.CustomerGroup, error) {
	var rows []groupRow
	if err := t.list(&rows, allGroups, storeID); err != nil {
		return nil, err
	}
	list, err := groupsOf(rows)
	if err != nil {
		return nil, err
	}
	out := map[string]shop.CustomerGroup{}
	for _, g := range list {
		out[strings.ToLower(g.Name)] = g
	}
	return out, nil
}

func (t tx) importGroup(run ImportRun, line *ImportOutcome, groups map[string]shop.CustomerGroup, in *shop.ImportedGroup) error {
	key := strings.ToLower(in.Name)
	is, there := groups[key]
	said := &in.CustomerGroup
	if there {
		*said = in.Over(is)
	}
	switch {
	case there && is.Same(*said):
		line.Result = ImportUnchanged
		return nil
	case there && !run.Update:
		line.skip("there is a group of this name already, and other data; --update changes that")
		return nil
	}
	for other, g := range groups { // one default group and one for guests
		inTheWay := g.IsDefault && said.IsDefault || g.IsGroupForGuests && said.IsGroupForGuests
		if other == key || !inTheWay {
			continue
		}
		if !run.Update {
			line.skip("the group " + g.Name + " is the default or the guests' one; --update changes that")
			return nil
		}
		g.IsDefault = g.IsDefault && !said.IsDefault
		g.IsGroupForGuests = g.IsGroupForGuests && !said.IsGroupForGuests
		groups[other] = g
		if !run.DryRun {
			if _, err := t.exec(updateGroup, run.StoreID, g.ID, g.Name, g.IsDefault, g.IsGroupForGuests, g.CategoryAccess.Type); err != nil {
				return err
			}
		}
	}
	line.Result = ImportCreated
	if there {
		line.Result = ImportUpdated
	}
	if !run.DryRun {
		if err := t.writeGroup(run.StoreID, said); err != nil {
			return err
		}
	}
	groups[key] = *said
	return nil
}

const updateGroup = `
UPDATE customer_groups
SET    name = $3, is_default = $4, is_group_for_guests = $5, category_access = $6, version = version + 1,
       rules_version = rules_version + 1, date_modified = now()
WHERE  store_id = $1 AND id = $2`

const dropRules = `
DELETE FROM customer_group_rules WHERE store_id = $1 AND group_id = $2`

const dropCategories = `
DELETE FROM customer_group_categories WHERE store_id = $1 AND group_id = $2`

// writeGroup makes a group that has no id yet, or changes the one that has it.
func (t tx) writeGroup(storeID int64, g *shop.CustomerGroup) error {
	if _, err := t.exec(bumpConfig, storeID); err != nil { // groups are part of the configuration
		return err
	}
	if g.ID == 0 {
		err := t.get(&g.ID, insertGroup, storeID, g.Name, g.IsDefault, g.IsGroupForGuests, g.CategoryAccess.Type)
		if violates(err, "customer_groups_name") {
			return errOvertaken
		}
		if err != nil {
			return err
		}
		return t.fillGroup(storeID, g)
	}
	n, err := t.exec(updateGroup, storeID, g.ID, g.Name, g.IsDefault, g.IsGroupForGuests, g.CategoryAccess.Type)
	if err == nil && n == 0 {
		err = errOvertaken
	}
	for _, drop := range []string{dropRules, dropCategories} {
		if err == nil {
			_, err = t.exec(drop, storeID, g.ID)
		}
	}
	if err != nil {
		return err
	}
	return t.fillGroup(storeID, g)
}
