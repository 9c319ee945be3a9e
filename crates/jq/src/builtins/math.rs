//! Mathematical builtins: everything libm has that jq offers.

use super::Native;
use super::special_math as sp;
use crate::error::{Exc, type_error};
use crate::exec::ops;
use crate::syntax::BinaryOp;
use crate::value::Value;

type Result<T> = std::result::Result<T, Exc>;

fn number(v: &Value) -> Result<f64> {
    v.as_f64().ok_or_else(|| type_error(v, "number required"))
}

fn one(v: &Value, f: fn(f64) -> f64) -> Result<Value> {
    Ok(Value::number(f(number(v)?)))
}

fn two(args: &[Value], f: fn(f64, f64) -> f64) -> Result<Value> {
    Ok(Value::number(f(number(&args[0])?, number(&args[1])?)))
}

fn pair(a: f64, b: f64) -> Value {
    Value::array(vec![Value::number(a), Value::number(b)])
}

fn abs(v: Value) -> Result<Value> {
    if ops::relation(BinaryOp::Lt, &v, &Value::number(0.0))? {
        ops::negate(&v)
    } else {
        Ok(v)
    }
}

macro_rules! unary {
    ($($name:literal => $f:expr),* $(,)?) => {
        [$(Native { name: $name, arity: 0, run: |_, v, _| one(&v, $f) }),*]
    };
}

macro_rules! binary {
    ($($name:literal => $f:expr),* $(,)?) => {
        [$(Native { name: $name, arity: 2, run: |_, _, a| two(a, $f) }),*]
    };
}

const UNARY: [Native; 41] = unary! {
    "acos" => f64::acos,
    "acosh" => libm::acosh,
    "asin" => f64::asin,
    "asinh" => libm::asinh,
    "atan" => f64::atan,
    "atanh" => libm::atanh,
    "cbrt" => f64::cbrt,
    "ceil" => f64::ceil,
    "cos" => f64::cos,
    "cosh" => f64::cosh,
    "erf" => libm::erf,
    "erfc" => libm::erfc,
    "exp" => f64::exp,
    "exp10" => sp::exp10,
    "exp2" => f64::exp2,
    "expm1" => f64::exp_m1,
    "fabs" => f64::abs,
    "floor" => f64::floor,
    "gamma" => libm::lgamma,
    "j0" => libm::j0,
    "j1" => libm::j1,
    "lgamma" => libm::lgamma,
    "log" => f64::ln,
    "log10" => f64::log10,
    "log1p" => f64::ln_1p,
    "log2" => f64::log2,
    "logb" => sp::logb,
    "nearbyint" => f64::round_ties_even,
    "pow10" => sp::exp10,
    "rint" => f64::round_ties_even,
    "round" => f64::round,
    "significand" => sp::significand,
    "sin" => f64::sin,
    "sinh" => f64::sinh,
    "sqrt" => f64::sqrt,
    "tan" => f64::tan,
    "tanh" => f64::tanh,
    "tgamma" => libm::tgamma,
    "trunc" => f64::trunc,
    "y0" => libm::y0,
    "y1" => libm::y1,
};

const BINARY: [Native; 17] = binary! {
    "atan2" => f64::atan2,
    "copysign" => f64::copysign,
    "drem" => libm::remainder,
    "fdim" => libm::fdim,
    "fmax" => f64::max,
    "fmin" => f64::min,
    "fmod" => |a, b| a % b,
    "hypot" => f64::hypot,
    "jn" => sp::jn,
    "ldexp" => sp::scale,
    "nextafter" => libm::nextafter,
    "nexttoward" => libm::nextafter,
    "pow" => sp::pow,
    "remainder" => libm::remainder,
    "scalb" => sp::scale,
    "scalbln" => sp::scale,
    "yn" => sp::yn,
};

const OTHER: [Native; 10] = [
    Native {
        name: "fma",
        arity: 3,
        run: |_, _, a| Ok(Value::number(number(&a[0])?.mul_add(number(&a[1])?, number(&a[2])?))),
    },
    Native {
        name: "frexp",
        arity: 0,
        run: |_, v, _| {
            let (m, e) = sp::frexp(number(&v)?);
            Ok(pair(m, e))
        },
    },
    Native {
        name: "modf",
        arity: 0,
        run: |_, v, _| {
            let x = number(&v)?;
            let fraction = if x.is_infinite() {
                0.0_f64.copysign(x)
            } else {
                x.fract().copysign(x)
            };
            Ok(pair(fraction, x.trunc()))
        },
    },
    Native {
        name: "lgamma_r",
        arity: 0,
        run: |_, v, _| {
            let (g, sign) = libm::lgamma_r(number(&v)?);
            Ok(pair(g, f64::from(sign)))
        },
    },
    Native {
        name: "abs",
        arity: 0,
        run: |_, v, _| abs(v),
    },
    Native {
        name: "infinite",
        arity: 0,
        run: |_, _, _| Ok(Value::number(f64::INFINITY)),
    },
    Native {
        name: "nan",
        arity: 0,
        run: |_, _, _| Ok(Value::number(f64::NAN)),
    },
    Native {
        name: "isinfinite",
        arity: 0,
        run: |_, v, _| Ok(Value::Bool(number(&v)?.is_infinite())),
    },
    Native {
        name: "isnan",
        arity: 0,
        run: |_, v, _| Ok(Value::Bool(number(&v)?.is_nan())),
    },
    Native {
        name: "isnormal",
        arity: 0,
        run: |_, v, _| Ok(Value::Bool(number(&v)?.is_normal())),
    },
];

/// All of them.
pub(super) fn natives() -> impl Iterator<Item = &'static Native> {
    static U: [Native; 41] = UNARY;
    static B: [Native; 17] = BINARY;
    static O: [Native; 10] = OTHER;
    U.iter().chain(&B).chain(&O)
}
