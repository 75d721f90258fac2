//! Enum values, wire to domain and back.

use super::wire::v1;
use crate::extraction::values::Modifier;
use crate::extraction::{EntityType, OffsetUnit, QuoteKind};

/// Every type that an answer can hold.
pub const ENTITY_TYPES: [EntityType; 24] = [
    EntityType::Person,
    EntityType::Norp,
    EntityType::Organization,
    EntityType::Gpe,
    EntityType::Location,
    EntityType::Facility,
    EntityType::Event,
    EntityType::Product,
    EntityType::WorkOfArt,
    EntityType::Law,
    EntityType::Language,
    EntityType::Title,
    EntityType::Date,
    EntityType::Time,
    EntityType::Money,
    EntityType::Percent,
    EntityType::Quantity,
    EntityType::Ordinal,
    EntityType::Cardinal,
    EntityType::Url,
    EntityType::Email,
    EntityType::Handle,
    EntityType::Hashtag,
    EntityType::Phone,
];

/// The domain's type for a number on the wire; none if it is unknown or unspecified.
pub fn entity_type(number: i32) -> Option<EntityType> {
    ENTITY_TYPES.into_iter().find(|&known| entity_type_to_wire(known) as i32 == number)
}

/// The wire's value for a type.
pub fn entity_type_to_wire(entity_type: EntityType) -> v1::EntityType {
    match entity_type {
        EntityType::Person => v1::EntityType::Person,
        EntityType::Norp => v1::EntityType::Norp,
        EntityType::Organization => v1::EntityType::Organization,
        EntityType::Gpe => v1::EntityType::Gpe,
        EntityType::Location => v1::EntityType::Location,
        EntityType::Facility => v1::EntityType::Facility,
        EntityType::Event => v1::EntityType::Event,
        EntityType::Product => v1::EntityType::Product,
        EntityType::WorkOfArt => v1::EntityType::WorkOfArt,
        EntityType::Law => v1::EntityType::Law,
        EntityType::Language => v1::EntityType::Language,
        EntityType::Title => v1::EntityType::Title,
        EntityType::Date => v1::EntityType::Date,
        EntityType::Time => v1::EntityType::Time,
        EntityType::Money => v1::EntityType::Money,
        EntityType::Percent => v1::EntityType::Percent,
        EntityType::Quantity => v1::EntityType::Quantity,
        EntityType::Ordinal => v1::EntityType::Ordinal,
        EntityType::Cardinal => v1::EntityType::Cardinal,
        EntityType::Url => v1::EntityType::Url,
        EntityType::Email => v1::EntityType::Email,
        EntityType::Handle => v1::EntityType::Handle,
        EntityType::Hashtag => v1::EntityType::Hashtag,
        EntityType::Phone => v1::EntityType::Phone,
    }
}

/// The domain's unit for a number on the wire; none if it is unknown.
pub fn offset_unit(number: i32) -> Option<OffsetUnit> {
    match v1::OffsetUnit::try_from(number).ok()? {
        v1::OffsetUnit::Unspecified => Some(OffsetUnit::default()),
        v1::OffsetUnit::Utf8Byte => Some(OffsetUnit::Utf8Byte),
        v1::OffsetUnit::Utf16CodeUnit => Some(OffsetUnit::Utf16CodeUnit),
        v1::OffsetUnit::UnicodeCodePoint => Some(OffsetUnit::UnicodeCodePoint),
    }
}

/// The wire's value for a unit.
pub fn offset_unit_to_wire(unit: OffsetUnit) -> v1::OffsetUnit {
    match unit {
        OffsetUnit::Utf8Byte => v1::OffsetUnit::Utf8Byte,
        OffsetUnit::Utf16CodeUnit => v1::OffsetUnit::Utf16CodeUnit,
        OffsetUnit::UnicodeCodePoint => v1::OffsetUnit::UnicodeCodePoint,
    }
}

/// The wire's value for a modifier.
pub fn modifier_to_wire(modifier: Modifier) -> v1::Modifier {
    match modifier {
        Modifier::Exact => v1::Modifier::Unspecified,
        Modifier::AtLeast => v1::Modifier::AtLeast,
        Modifier::UpTo => v1::Modifier::UpTo,
        Modifier::About => v1::Modifier::About,
    }
}

/// The wire's value for a kind of quote.
pub fn quote_kind_to_wire(kind: QuoteKind) -> v1::QuoteKind {
    match kind {
        QuoteKind::Direct => v1::QuoteKind::Direct,
        QuoteKind::Indirect => v1::QuoteKind::Indirect,
        QuoteKind::Mixed => v1::QuoteKind::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_comes_back_from_the_wire() {
        for number in 1..=24 {
            let known = entity_type(number).map(|known| entity_type_to_wire(known) as i32);
            assert_eq!(known, Some(number));
        }
        for number in [i32::MIN, -1, 0, 25, i32::MAX] {
            assert_eq!(entity_type(number), None);
        }
    }
}
