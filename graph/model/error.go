package model

// Error is the contract's interface of that name; shop.Error, which is autobound
// otherwise, is what its members are made from.
type Error interface{ IsError() }
