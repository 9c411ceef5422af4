//! Addresses of the Internet and blocks of them.
//!
//! Sources: apiserver/pkg/cel/library/ip.go and cidr.go.

use std::net::IpAddr;

use super::{Function, text};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::net::{self, Cidr};
use crate::value::Value;

type Outcome = Result<Value, EvaluationError>;

const NO_ADDRESS: EvaluationError =
    EvaluationError::Unreadable("IP Address parse error during conversion from string");
const NO_BLOCK: EvaluationError =
    EvaluationError::Unreadable("network address parse error during conversion from string");

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("isIP", &["string -> bool"], |args, meter| {
        Ok(Value::Bool(net::address(text(args, meter)?).is_some()))
    }),
    Function::global("ip", &["string -> IP"], |args, meter| {
        read(text(args, meter)?).map(Value::Ip)
    }),
    Function::global("ip.isCanonical", &["string -> bool"], |args, meter| {
        let text = text(args, meter)?;
        Ok(Value::Bool(read(text)?.to_string() == text))
    }),
    Function::member("family", &["IP -> int"], |args, _| {
        Ok(Value::Int(if address(args)?.is_ipv4() { 4 } else { 6 }))
    }),
    Function::member("isUnspecified", &["IP -> bool"], |args, _| {
        Ok(Value::Bool(address(args)?.is_unspecified()))
    }),
    Function::member("isLoopback", &["IP -> bool"], |args, _| {
        Ok(Value::Bool(address(args)?.is_loopback()))
    }),
    Function::member("isLinkLocalMulticast", &["IP -> bool"], |args, _| {
        Ok(Value::Bool(match address(args)? {
            IpAddr::V4(four) => four.octets().starts_with(&[224, 0, 0]),
            IpAddr::V6(six) => six
                .segments()
                .first()
                .is_some_and(|first| first & 0xff0f == 0xff02),
        }))
    }),
    Function::member("isLinkLocalUnicast", &["IP -> bool"], |args, _| {
        Ok(Value::Bool(is_link_local(address(args)?)))
    }),
    Function::member("isGlobalUnicast", &["IP -> bool"], |args, _| {
        let address = address(args)?;
        let is_broadcast = matches!(address, IpAddr::V4(four) if four.is_broadcast());
        let is_special = address.is_unspecified()
            || address.is_loopback()
            || address.is_multicast()
            || is_link_local(address);
        Ok(Value::Bool(!is_broadcast && !is_special))
    }),
    Function::global("isCIDR", &["string -> bool"], |args, meter| {
        Ok(Value::Bool(Cidr::read(text(args, meter)?).is_some()))
    }),
    Function::global("cidr", &["string -> CIDR"], |args, meter| {
        Cidr::read(text(args, meter)?).map(Value::Cidr).ok_or(NO_BLOCK)
    }),
    Function::member(
        "containsIP",
        &["CIDR, IP -> bool", "CIDR, string -> bool"],
        |args, meter| match args {
            [Value::Cidr(block), Value::Ip(address)] => Ok(Value::Bool(block.has(*address))),
            [Value::Cidr(block), Value::String(text)] => {
                meter.pay_bytes(text.len())?;
                Ok(Value::Bool(block.has(read(text)?)))
            }
            _ => Err(EvaluationError::NoSuchOverload),
        },
    ),
    Function::member(
        "containsCIDR",
        &["CIDR, CIDR -> bool", "CIDR, string -> bool"],
        |args, meter| match args {
            [Value::Cidr(block), Value::Cidr(other)] => Ok(Value::Bool(block.has_all(*other))),
            [Value::Cidr(block), Value::String(text)] => {
                meter.pay_bytes(text.len())?;
                Cidr::read(text)
                    .map(|other| Value::Bool(block.has_all(other)))
                    .ok_or(NO_BLOCK)
            }
            _ => Err(EvaluationError::NoSuchOverload),
        },
    ),
    Function::member("ip", &["CIDR -> IP"], |args, _| {
        Ok(Value::Ip(block(args)?.address))
    }),
    Function::member("masked", &["CIDR -> CIDR"], |args, _| {
        Ok(Value::Cidr(block(args)?.masked()))
    }),
    Function::member("prefixLength", &["CIDR -> int"], prefix_length),
];

fn prefix_length(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    Ok(Value::Int(block(args)?.prefix.into()))
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.is_unicast_link_local(),
    }
}

fn read(text: &str) -> Result<IpAddr, EvaluationError> {
    net::address(text).ok_or(NO_ADDRESS)
}

fn address(args: &[Value]) -> Result<IpAddr, EvaluationError> {
    match args {
        [Value::Ip(address)] => Ok(*address),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn block(args: &[Value]) -> Result<Cidr, EvaluationError> {
    match args {
        [Value::Cidr(block)] => Ok(*block),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}
