//! Equality and order of values.
//!
//! Source: cel-go, common/types: numbers of different kinds are compared as numbers, anything else of different
//! types is not equal.

use std::cmp::Ordering;

use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::number;
use crate::value::{Map, Value};

/// Whether two values are equal; the walk is paid for.
pub(crate) fn equal(one: &Value, other: &Value, meter: &mut Meter<'_>) -> Result<bool, EvaluationError> {
    meter.pay(1)?;
    Ok(match (one, other) {
        (Value::Null, Value::Null) => true,
        (Value::List(one), Value::List(other)) => {
            if one.items().len() != other.items().len() {
                return Ok(false);
            }
            for (one, other) in one.items().iter().zip(other.items()) {
                if !equal(one, other, meter)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(one), Value::Map(other)) => equal_maps(one, other, meter)?,
        (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Optional(Some(one)), Value::Optional(Some(other))) => equal(one, other, meter)?,
        (Value::Type(one), Value::Type(other)) => one == other,
        (Value::Ip(one), Value::Ip(other)) => one == other,
        (Value::Cidr(one), Value::Cidr(other)) => one == other,
        (Value::Url(one), Value::Url(other)) => {
            meter.pay_bytes(one.len())?;
            one == other
        }
        _ => order(one, other, meter)? == Some(Some(Ordering::Equal)),
    })
}

fn equal_maps(one: &Map, other: &Map, meter: &mut Meter<'_>) -> Result<bool, EvaluationError> {
    if one.entries().len() != other.entries().len() {
        return Ok(false);
    }
    for (key, value) in one.entries() {
        match other.get(key) {
            Some(found) if equal(value, found, meter)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// The order of two values: none when their types have no order, and within it none for what is not a number.
#[expect(
    clippy::option_option,
    reason = "two different answers: no order of types, and no order of these values"
)]
pub(crate) fn order(
    one: &Value,
    other: &Value,
    meter: &mut Meter<'_>,
) -> Result<Option<Option<Ordering>>, EvaluationError> {
    let found = match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::String(one), Value::String(other)) => {
            meter.pay_bytes(one.len().min(other.len()))?;
            Some(one.as_bytes().cmp(other.as_bytes()))
        }
        (Value::Bytes(one), Value::Bytes(other)) => {
            meter.pay_bytes(one.len().min(other.len()))?;
            Some(one.cmp(other))
        }
        (Value::Duration(one), Value::Duration(other)) => Some(one.cmp(other)),
        (Value::Timestamp(one), Value::Timestamp(other)) => Some(one.cmp(other)),
        _ => return Ok(numbers(one, other)),
    };
    Ok(Some(found))
}

#[expect(clippy::option_option, reason = "as of `order`")]
fn numbers(one: &Value, other: &Value) -> Option<Option<Ordering>> {
    Some(match (one, other) {
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Uint(one), Value::Uint(other)) => Some(one.cmp(other)),
        (Value::Double(one), Value::Double(other)) => one.partial_cmp(other),
        (Value::Int(one), Value::Uint(other)) => Some(number::int_to_uint(*one, *other)),
        (Value::Uint(one), Value::Int(other)) => Some(number::int_to_uint(*other, *one).reverse()),
        (Value::Int(one), Value::Double(other)) => number::int_to_double(*one, *other),
        (Value::Double(one), Value::Int(other)) => number::int_to_double(*other, *one).map(Ordering::reverse),
        (Value::Uint(one), Value::Double(other)) => number::uint_to_double(*one, *other),
        (Value::Double(one), Value::Uint(other)) => {
            number::uint_to_double(*other, *one).map(Ordering::reverse)
        }
        _ => return None,
    })
}
