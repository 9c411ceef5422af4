//! Expressions made to take long, to grow, or to break: each ends soon, within a small stack.

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;
    use purser_cel::bounds::{MAX_BRACKETS, MAX_NESTING, MAX_SOURCE_CHARS};
    use purser_cel::{Bindings, CompileError, Environment, EvaluationError, Program, Value};
    use serde_json::json;

    fn evaluated(expression: &str) -> Result<Value, String> {
        let token = json!({"a": {"a": 1}, "list": [1, 2, 3], "text": "aaaaaaaaaaaaaaaaaaaaaaaa!"});
        let claims = Value::try_from(&token).unwrap();
        let program =
            Program::compile(expression, &Environment::claims()).map_err(|error| error.to_string())?;
        program
            .evaluate(&Bindings::new().with("claims", claims))
            .map_err(|error| error.to_string())
    }

    /// The stack of a thread of the tests, in KiB.
    const STACK: usize = 2048;

    /// Runs with this many KiB of stack left. All threads have stacks of one size: one that has ended leaves its stack to
    /// the next that asks for as much or less, which would then have more than it asked for.
    fn within_stack<T: Send + 'static>(kib: usize, run: impl FnOnce() -> T + Send + 'static) -> T {
        std::thread::Builder::new()
            .stack_size(STACK << 10)
            .spawn(move || {
                let top = std::ptr::from_ref(&kib).addr();
                below(top - ((STACK - kib) << 10), run)
            })
            .unwrap()
            .join()
            .unwrap()
    }

    /// Runs where the stack has grown down to this address.
    #[inline(never)]
    fn below<T>(address: usize, run: impl FnOnce() -> T) -> T {
        let filled = std::hint::black_box([0u8; 1 << 10]);
        if std::ptr::from_ref(&filled).addr() > address {
            below(address, run)
        } else {
            run()
        }
    }

    /// Shapes with so many brackets within each other.
    fn bracketed(depth: usize) -> Vec<String> {
        let around = |open: &str, inner: &str, close: &str| open.repeat(depth) + inner + &close.repeat(depth);
        vec![
            around("(", "1", ")"),
            around("[", "1", "]"),
            around("{'a': ", "1", "}"),
            around("-(", "1", ")"),
            around("!(", "true", ")"),
            around("1 + (", "1", ")"),
            around("true && (", "true", ")"),
            around("false || (", "true", ")"),
            around("true ? 1 : ", "1", ""),
            around("[1].map(x, ", "x", ")"),
            around("[1].all(x, ", "true", ")"),
            around("{'a': 1}.transformMap(k, v, ", "v", ")"),
            around("[0][", "0", "]"),
            around("dyn(", "1", ")"),
            around("optional.of(", "1", ")"),
            around("optional.of(1).optMap(x, ", "x", ")"),
        ]
    }

    /// Shapes without brackets within each other, and so many levels.
    fn chained(depth: usize) -> Vec<String> {
        vec![
            "1".to_owned() + &" + 1".repeat(depth),
            "claims".to_owned() + &".?a".repeat(depth),
            "claims".to_owned() + &"[?'a']".repeat(depth),
            "'a'".to_owned() + &".trim()".repeat(depth),
            "[1]".to_owned() + &".map(x, [x])".repeat(depth),
            "[1]".to_owned() + &".filter(x, true)".repeat(depth),
            "true".to_owned() + &" == true".repeat(depth),
        ]
    }

    #[test]
    fn the_deepest_expressions_fit_into_a_mebibyte_of_stack_and_three_quarters_when_evaluated() {
        let mut evaluated_count = 0;
        for expression in bracketed(MAX_BRACKETS - 1)
            .into_iter()
            .chain(chained(MAX_NESTING - 2))
        {
            let compile = move || Program::compile(&expression, &Environment::claims());
            let program = within_stack(1024, compile).unwrap_or_else(|error| panic!("{error}"));
            let found = within_stack(768, move || {
                let claims = Value::try_from(&json!({"a": {"a": 1}})).unwrap();
                let found = program.evaluate(&Bindings::new().with("claims", claims));
                found.map(|value| value.to_json()).is_ok()
            });
            evaluated_count += usize::from(found);
        }
        assert!(
            evaluated_count >= 21,
            "only {evaluated_count} of the shapes have a value"
        );
    }

    #[test]
    fn the_deepest_values_are_compared_within_three_quarters_of_a_mebibyte_of_stack() {
        let deep = "[1]".to_owned() + &".map(x, dyn([[[[[[[[x]]]]]]]]))".repeat(32);
        let program = Program::compile(&format!("{deep} == {deep}"), &Environment::new()).unwrap();
        assert!(
            within_stack(768, move || program.evaluate(&Bindings::new()))
                .unwrap()
                .as_bool()
                .unwrap()
        );
    }

    #[test]
    fn what_is_deeper_than_the_bound_is_refused() {
        let refused = |expression: String| {
            within_stack(1024, move || match evaluated(&expression) {
                Ok(_) => format!("{expression} has a value"),
                Err(error) => error,
            })
        };
        for depth in [MAX_BRACKETS, 2000] {
            for expression in bracketed(depth) {
                let refused = refused(expression);
                assert!(
                    refused.contains("expression recursion limit exceeded: 100"),
                    "{refused}"
                );
            }
        }
        for depth in [MAX_NESTING, 5000] {
            for expression in chained(depth) {
                let refused = refused(expression);
                assert!(
                    refused.contains("expression recursion limit exceeded: 250"),
                    "{refused}"
                );
            }
        }
    }

    #[test]
    fn values_that_become_too_deep_are_refused() {
        let grown = "[1]".to_owned() + &".map(x, dyn([[[[[[[[x]]]]]]]]))".repeat(100);
        assert_eq!(
            evaluated(&grown).unwrap_err(),
            EvaluationError::TooDeep.to_string()
        );
    }

    #[test]
    fn the_longest_texts_end() {
        let filled = |part: &str| part.repeat(MAX_SOURCE_CHARS / part.chars().count());
        for part in [
            "(",
            ")",
            "[",
            "{",
            "-",
            "!",
            ".",
            "'",
            "\"",
            "a.",
            "a(",
            "1+",
            "1&&",
            "a&&",
            "a||",
            "a,",
            "?",
            "a?",
            "a?a:",
            "{1:",
            "[1,",
            "[[],",
            "'a',",
            "x.map(x,",
            "x.all(x,x&&",
            "\\",
            "é",
            "\u{0}",
            "//",
            "/",
            "0x",
            "1e",
            "b'",
            "r'",
            "'''",
            "\n",
            "a\n",
            "[?",
            "a[?",
            "a.?",
            "\"\\",
            "true&&",
            "1==1&&",
            "type(1)==int&&",
            "[1]+",
        ] {
            let text = filled(part);
            let _ = evaluated(&text);
            let _ = evaluated(&format!(
                "[{}]",
                text.chars().take(MAX_SOURCE_CHARS - 2).collect::<String>()
            ));
        }
        let long = "1".to_owned() + &" && true".repeat(MAX_SOURCE_CHARS);
        assert!(matches!(
            Program::compile(&long, &Environment::new()),
            Err(CompileError::TooLong { .. })
        ));
    }

    #[test]
    fn work_that_grows_with_a_power_ends_at_the_bound() {
        let mut nest = "1".to_owned();
        for level in 0..20 {
            nest = format!("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(x{level}, {nest})");
        }
        let doubled = format!("['aaaaaaaaaaaaaaaa']{}", ".map(a, a + a)".repeat(60));
        let lists = format!("[[1, 2, 3, 4]]{}", ".map(a, a + a)".repeat(60));
        let joined = format!(
            "['aaaaaaaaaaaaaaaa']{}",
            ".map(a, a.split('').join('aaaaaaaa'))".repeat(60)
        );
        let replaced = format!(
            "['aaaaaaaaaaaaaaaa']{}",
            ".map(a, a.replace('a', 'aaaaaaaa'))".repeat(60)
        );
        let pairs = "[dyn(claims.list) + claims.list].map(l, [l + l + l + l].map(m, [m + m + m + m + m + m].all(a, \
                 [a + a + a + a + a + a].all(b, b.all(x, b.all(y, b.all(z, b.all(w, x + y + z + w > 0))))))))";
        let sets = "[[1, 2, 3, 4, 5, 6, 7, 8].map(a, [1, 2, 3, 4, 5, 6, 7, 8].map(b, [1, 2, 3, 4, 5, 6, 7, 8].map(c, \
                [1, 2, 3, 4, 5, 6, 7, 8])))].all(l, l.all(m, l.all(n, l.all(o, l.all(p, l.all(q, n == o))))))";
        let mut absorbed = "false".to_owned();
        for level in 0..12 {
            absorbed = format!("[1, 2, 3, 4, 5, 6, 7, 8, 9].exists(x{level}, {absorbed} || 1 / 0 == 1)");
        }
        for expression in [
            &nest, &doubled, &lists, &joined, &replaced, pairs, sets, &absorbed,
        ] {
            let failed = evaluated(expression).unwrap_err();
            assert_eq!(failed, EvaluationError::CostExceeded.to_string(), "{expression}");
        }
    }

    #[test]
    fn regular_expressions_are_matched_without_trying_again() {
        let ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
        let many = format!(
            "{ten}.all(a, {ten}.all(b, {ten}.all(c, !'a'.matches(claims.text + string(a * 100 + b * 10 + c)))))"
        );
        let claims = |expression: &str| evaluated(expression).map(|value| value.as_bool());
        for (expression, holds) in [
            ("claims.text.matches('^(a+)+$')", false),
            ("claims.text.matches('^(a|aa)+$')", false),
            ("claims.text.matches('(.*)(.*)(.*)(.*)(.*)x')", false),
        ] {
            assert_eq!(claims(expression), Ok(Some(holds)), "{expression}");
        }
        let large = "[claims.text].map(t, t + t + t + t).all(t, t.matches('(' + t + '){1000}'))";
        assert_eq!(claims(large).unwrap_err(), "invalid regular expression");
        assert_eq!(
            claims(&many).unwrap_err(),
            EvaluationError::CostExceeded.to_string()
        );
    }

    /// Each does, for few nodes of the tree, work that grows with a long text.
    #[test]
    fn work_on_long_texts_is_paid_for() {
        let ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
        let range = format!("{ten}.all(a, {ten}.all(b, {ten}.all(c, {ten}.all(d, ");
        let long = format!("['aaaaaaaaaaaaaaaa']{}", ".map(a, a + a)".repeat(14));
        for work in [
            "t in {'a': 1} || true",
            "{t: 1} != {}",
            "!has({'a': 1}.b) && {'a': 1}[?t] == optional.none()",
            "!isIP(t)",
            "!isCIDR(t)",
            "!isURL(t)",
            "cidr('::/0').containsIP(t) || true",
            "timestamp('2020-01-01T00:00:00.' + t) == timestamp(0) || true",
            "duration(t) == duration('0') || true",
            "t.startsWith('b') || true",
            "t == t",
            "size(t) > 0",
        ] {
            let expression = format!("{long}.all(t, {range}{work}))))) ");
            let failed = evaluated(&expression).map(|value| value.as_bool());
            assert_eq!(failed, Err(EvaluationError::CostExceeded.to_string()), "{work}");
        }
        // Each search looks at all that is left, and finds one character.
        let searched = format!("{long}.map(t, t.findAll('.*b|a'))");
        assert_eq!(
            evaluated(&searched).unwrap_err(),
            EvaluationError::CostExceeded.to_string()
        );
    }

    #[test]
    fn types_that_double_with_each_level_do_not_grow_without_end() {
        let doubled = "[1]".to_owned() + &".map(x, {string(type(x)): [x].map(y, {y: y})})".repeat(60);
        let keys = "[1]".to_owned() + &".map(x, dyn({x: x}))".repeat(3);
        let shared = "[1]".to_owned() + &".map(x, {x: x})".repeat(60);
        let mut open = "true".to_owned();
        for level in (1..60).rev() {
            open = format!(
                "[].all(x{level}, x{} == {{x{level}: x{level}}} && {open})",
                level - 1
            );
        }
        let open = format!("[].all(x0, {open})");
        for expression in [&doubled, &keys, &shared, &open] {
            let compiled = Program::compile(expression, &Environment::new());
            let shown = compiled.map_or_else(
                |error| error.to_string(),
                |program| program.result_type().to_string(),
            );
            assert!(shown.len() < 10_000, "{}", shown.len());
        }
    }

    #[test]
    fn a_hundred_errors_are_told_and_no_more() {
        let text = "a + ".repeat(200) + "b";
        let refused = evaluated(&text).unwrap_err();
        assert_eq!(refused.matches("undeclared reference").count(), 100);
    }

    /// Parts that make expressions more often than bytes do.
    fn part() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "claims",
            "x",
            "y",
            ".a",
            ".?a",
            ".list",
            ".map(",
            ".filter(",
            ".all(",
            ".exists(",
            ".transformMap(",
            "x, ",
            "y, ",
            ")",
            "(",
            "[",
            "]",
            "{",
            "}",
            "[?",
            ":",
            "?",
            ",",
            "1",
            "0",
            "2u",
            "1.5",
            "'a'",
            "b'a'",
            "''",
            "null",
            "true",
            "false",
            " + ",
            " - ",
            " * ",
            " / ",
            " % ",
            " == ",
            " != ",
            " < ",
            " >= ",
            " && ",
            " || ",
            " in ",
            "!",
            "-",
            "has(",
            "size(",
            "string(",
            "int(",
            "type(",
            "dyn(",
            "timestamp(",
            "duration(",
            "optional.of(",
            "optional.none()",
            ".orValue(",
            ".or(",
            ".value()",
            ".split(",
            ".join(",
            ".matches(",
            ".replace(",
            ".sum()",
            ".min()",
            ".indexOf(",
            "sets.contains(",
            "url(",
            "cidr(",
            "ip(",
            "claims.text",
            "claims.list",
            "claims.a",
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn any_text_ends_without_a_panic(text in ".{0,200}") {
            let _ = evaluated(&text);
        }

        #[test]
        fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = evaluated(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_parts_end_without_a_panic(parts in prop::collection::vec(part(), 0..24)) {
            let _ = evaluated(&parts.concat());
        }

        /// What compiles without an open type never lacks an overload when its variables have the types they were
        /// told to have. But for `null`, which fits types that it is no value of, as upstream.
        #[test]
        fn what_is_typed_has_its_overload(parts in prop::collection::vec(part(), 1..10)) {
            let mut text = String::new();
            for part in parts {
                let _ = write!(text, "{}", part.replace("claims.text", "'t'").replace("claims.list", "[1]"));
            }
            if !text.contains("claims")
                && !text.contains("null")
                && !text.contains("dyn(")
                && let Ok(program) = Program::compile(&text, &Environment::new())
            {
                let found = program.evaluate(&Bindings::new());
                prop_assert_ne!(found.err(), Some(EvaluationError::NoSuchOverload), "{}", text);
            }
        }
    }
}
