//! What is refused before it is evaluated, with its sentence, and what has no value when it is.

#[cfg(test)]
mod tests {
    use purser_cel::{Bindings, Environment, EvaluationError, Program, Type, Value};
    use serde_json::json;

    fn refusal(expression: &str, environment: &Environment) -> String {
        match Program::compile(expression, environment) {
            Ok(program) => format!("compiles to {}", program.result_type()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_refusal_names_line_and_column_and_shows_the_line() {
        let two = refusal("claims.a == 1 &&\n  nope.b == other", &Environment::claims());
        assert_eq!(
            two,
            "compilation failed: ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n \
         |   nope.b == other\n | ..^\n\
         ERROR: <input>:2:13: undeclared reference to 'other' (in container '')\n \
         |   nope.b == other\n | ............^"
        );
    }

    #[test]
    fn what_upstream_refuses_is_refused_with_its_sentence() {
        let claims = Environment::claims();
        let rule = Environment::claims().wants(Type::Bool);
        let user = Environment::user();
        let request = Environment::subject_access_review();
        for (expression, environment, sentence) in [
            // Names.
            (
                "foo.bar",
                &claims,
                "undeclared reference to 'foo' (in container '')",
            ),
            (
                "user.username",
                &claims,
                "undeclared reference to 'user' (in container '')",
            ),
            (
                "claims.foo.bar()",
                &claims,
                "undeclared reference to 'bar' (in container '')",
            ),
            (
                "nope(claims)",
                &claims,
                "undeclared reference to 'nope' (in container '')",
            ),
            ("reverse(claims)", &claims, "undeclared reference to 'reverse'"),
            ("[1].map(x, x)[0] == x", &claims, "undeclared reference to 'x'"),
            ("user.nope == 'x'", &user, "undefined field 'nope'"),
            ("has(user.nope)", &user, "undefined field 'nope'"),
            ("user.?nope.hasValue()", &user, "undefined field 'nope'"),
            (
                "user.username.first == 'x'",
                &user,
                "type 'string' does not support field selection",
            ),
            ("request.nope == ''", &request, "undefined field 'nope'"),
            (
                "request.resourceAttributes.nope == ''",
                &request,
                "undefined field 'nope'",
            ),
            (
                "request.resourceAttributes.labelSelector.requirements.exists(r, r.nope == '')",
                &request,
                "undefined field",
            ),
            // Types.
            (
                "request.user == 1",
                &request,
                "found no matching overload for '_==_' applied to '(string, int)'",
            ),
            (
                "request.groups == 'x'",
                &request,
                "applied to '(list(string), string)'",
            ),
            (
                "1 in request.groups",
                &request,
                "found no matching overload for '@in' applied to '(int, list(string))'",
            ),
            (
                "user.username.startsWith(1)",
                &user,
                "overload for 'startsWith' applied to 'string.(int)'",
            ),
            (
                "user.username && true",
                &user,
                "expected type 'bool' but found 'string'",
            ),
            (
                "!user.username",
                &user,
                "found no matching overload for '!_' applied to '(string)'",
            ),
            (
                "user.groups['a'] == 'x'",
                &user,
                "found no matching overload for '_[_]' applied to '(list(string), string)'",
            ),
            (
                "user.username.all(x, true)",
                &user,
                "expression of type 'string' cannot be range of a comprehension",
            ),
            (
                "user.groups.all(x, x)",
                &user,
                "expected type 'bool' but found 'string'",
            ),
            (
                "user.groups.all(x, x + 1 == 2)",
                &user,
                "found no matching overload for '_+_' applied to '(string, int)'",
            ),
            ("[1, 'a'] == [1]", &user, "expected type 'int' but found 'string'"),
            (
                "{1: 2, 'a': 3} == {1: 2}",
                &user,
                "expected type 'int' but found 'string'",
            ),
            (
                "[?1] == [1]",
                &user,
                "expected type 'optional_type(int)' but found 'int'",
            ),
            (
                "1 == 1.0",
                &user,
                "found no matching overload for '_==_' applied to '(int, double)'",
            ),
            (
                "user.username == null",
                &user,
                "found no matching overload for '_==_' applied to '(string, null)'",
            ),
            (
                "true ? 1 : 'a'",
                &claims,
                "found no matching overload for '_?_:_' applied to '(bool, int, string)'",
            ),
            (
                "-'a' == 'a'",
                &user,
                "found no matching overload for '-_' applied to '(string)'",
            ),
            (
                "true || user.groups",
                &user,
                "expected type 'bool' but found 'list(string)'",
            ),
            (
                "null == timestamp(0)",
                &user,
                "found no matching overload for '_==_' applied to '(null, timestamp)'",
            ),
            (
                "size(claims.groups.filter(g, g == 'x')) == 1",
                &claims,
                "ERROR: <input>:1:12: expression of type 'any' cannot be range of a comprehension (must be list, map, or dynamic)",
            ),
            (
                "claims.?groups.orValue([]).map(g, g)",
                &claims,
                "expression of type 'any' cannot be range of a comprehension",
            ),
            (
                "['a', claims.sub]",
                &claims,
                "expected type 'string' but found 'any'",
            ),
            (
                "[[], [1], ['a']] == []",
                &claims,
                "ERROR: <input>:1:11: expected type 'list(int)' but found 'list(string)'",
            ),
            (
                "{'a': 1, 'b': claims.sub}",
                &claims,
                "expected type 'int' but found 'any'",
            ),
            // Literals.
            (
                "duration('x') == duration('1s')",
                &user,
                "invalid duration argument",
            ),
            (
                "timestamp('x') == timestamp(0)",
                &user,
                "invalid timestamp argument",
            ),
            ("user.username.matches('(')", &user, "invalid matches argument"),
            (
                "user.username.matches('(a{1000}){1000}')",
                &user,
                "invalid matches argument",
            ),
            ("9223372036854775808", &claims, "invalid int literal"),
            ("18446744073709551616u", &claims, "invalid uint literal"),
            ("1e999", &claims, "invalid double literal"),
            // Grammar.
            ("", &claims, "Syntax error: mismatched input '<EOF>'"),
            (
                "claims.",
                &claims,
                "Syntax error: mismatched input '<EOF>' expecting an identifier",
            ),
            ("claims.foo bar", &claims, "Syntax error: mismatched input 'bar'"),
            (
                "(claims",
                &claims,
                "Syntax error: mismatched input '<EOF>' expecting ')'",
            ),
            (
                "claims.a &",
                &claims,
                "Syntax error: token recognition error at: '&'",
            ),
            (
                "claims.a = 1",
                &claims,
                "Syntax error: token recognition error at: '='",
            ),
            ("'abc", &claims, "Syntax error: unterminated string literal"),
            ("'\\q'", &claims, "Syntax error: invalid escape sequence"),
            ("'\\ud800'", &claims, "Syntax error: invalid escape sequence"),
            ("if", &claims, "Syntax error: reserved identifier: if"),
            ("Foo{a: 1}", &claims, "Syntax error: messages cannot be made here"),
            ("has(claims)", &claims, "invalid argument to has() macro"),
            ("[1].all(x.y, true)", &claims, "argument must be a simple name"),
            ("[1].all(x, x, true)", &claims, "duplicate iteration variable"),
            // Results.
            ("claims.foo", &rule, "must evaluate to bool"),
            ("claims.?foo.orValue(true)", &rule, "must evaluate to bool"),
            ("'x'", &rule, "must evaluate to bool"),
            ("user.username", &user, "must evaluate to bool"),
            ("request.user", &request, "must evaluate to bool but got string"),
            (
                "request.groups.map(g, [g])",
                &request,
                "must evaluate to bool but got list(list(string))",
            ),
            (
                "request.resourceAttributes",
                &request,
                "must evaluate to bool but got kubernetes.ResourceAttributes",
            ),
        ] {
            let found = refusal(expression, environment);
            assert!(found.contains(sentence), "{expression}\n{found}");
        }
        assert_eq!(refusal("claims.foo", &rule), "must evaluate to bool");
    }

    #[test]
    fn what_has_no_value_says_why_without_a_part_of_one() {
        let token = json!({"text": "hunter2", "list": ["hunter2"], "map": {"hunter2": 1}, "number": 5});
        for (expression, error) in [
            ("claims.nope", EvaluationError::NoSuchKey(Some("nope".into()))),
            ("claims['nope']", EvaluationError::NoSuchKey(Some("nope".into()))),
            (
                "claims.map[claims.list[0] + 'x']",
                EvaluationError::NoSuchKey(None),
            ),
            ("claims.list[1]", EvaluationError::OutOfBounds),
            ("claims.list[-1]", EvaluationError::OutOfBounds),
            (
                "claims.text.first",
                EvaluationError::NoSuchKey(Some("first".into())),
            ),
            ("claims.text + 1", EvaluationError::NoSuchOverload),
            ("claims.number && true", EvaluationError::NoSuchOverload),
            ("claims.number ? 1 : 2", EvaluationError::NoSuchOverload),
            ("dyn(claims.number).all(x, x)", EvaluationError::NoSuchOverload),
            (
                "claims.text == 1 || claims.nope",
                EvaluationError::NoSuchKey(Some("nope".into())),
            ),
            ("[0, 0].exists(x, 1 / x == 1)", EvaluationError::DivisionByZero),
            ("5 % 0", EvaluationError::ModulusByZero),
            (
                "9223372036854775807 + claims.number",
                EvaluationError::Overflow("integer"),
            ),
            ("-9223372036854775808 / -1", EvaluationError::Overflow("integer")),
            ("-9223372036854775808 % -1", EvaluationError::Overflow("integer")),
            ("-(-9223372036854775808)", EvaluationError::Overflow("integer")),
            ("0u - 1u", EvaluationError::Overflow("unsigned integer")),
            ("int(1e19)", EvaluationError::Overflow("integer")),
            (
                "int(claims.text)",
                EvaluationError::Unreadable("type conversion error from 'string' to 'int'"),
            ),
            (
                "duration('2562047h') + duration('2562047h')",
                EvaluationError::Overflow("duration"),
            ),
            (
                "timestamp('9999-12-31T23:59:59Z') + duration('1s')",
                EvaluationError::Overflow("timestamp"),
            ),
            (
                "claims.text.matches(claims.text + '(')",
                EvaluationError::Unreadable("invalid regular expression"),
            ),
            ("optional.none().value()", EvaluationError::NoValue),
            (
                "'%d'.format(['x'])",
                EvaluationError::Unreadable("error during formatting: wrong type for its clause"),
            ),
            ("'%d %d'.format([1])", EvaluationError::OutOfBounds),
            (
                "'%.99999999f'.format([1.0])",
                EvaluationError::Unreadable("could not parse formatting clause"),
            ),
            (
                "'%q'.format([1])",
                EvaluationError::Unreadable("could not parse formatting clause"),
            ),
            ("{1.0: 1}", EvaluationError::Unreadable("unsupported key type")),
            ("{'a': 1, 'a': 2}", EvaluationError::DuplicateKey),
            (
                "[].min()",
                EvaluationError::Unreadable("min called on empty list"),
            ),
            ("'abc'.substring(2, 1)", EvaluationError::OutOfBounds),
            (
                "ip(claims.text)",
                EvaluationError::Unreadable("IP Address parse error during conversion from string"),
            ),
            (
                "timestamp(0).getHours('Europe/Paris')",
                EvaluationError::Unreadable("unknown time zone"),
            ),
        ] {
            let program = Program::compile(expression, &Environment::claims())
                .unwrap_or_else(|error| panic!("{error}"));
            let bindings = Bindings::new().with("claims", Value::try_from(&token).unwrap());
            let found = program.evaluate(&bindings).unwrap_err();
            assert_eq!(found, error, "{expression}");
            assert!(!found.to_string().contains("hunter2") && !format!("{bindings:?}").contains("hunter2"));
        }
        let program = Program::compile("claims", &Environment::claims()).unwrap();
        assert_eq!(
            program.evaluate(&Bindings::new()).unwrap_err(),
            EvaluationError::NoSuchVariable("claims".into())
        );
    }

    #[test]
    fn which_members_an_expression_takes_is_told_as_validation_asks() {
        let compiled = |expression| Program::compile(expression, &Environment::claims()).unwrap();
        for (expression, takes) in [
            ("claims.email", true),
            ("claims.email == 'x' && claims.b == 1", true),
            ("claims.?email.orValue('')", true),
            ("has(claims.email)", true),
            ("[claims.email].all(x, x != '')", true),
            ("dyn(claims.list).map(x, claims.email + x)", true),
            ("{'a': claims.email}", true),
            ("true ? claims.email : 'x'", true),
            ("claims.email.first", true),
            ("claims['email']", false),
            ("claims.foo.email", false),
            ("claims.email_verified", false),
            ("'claims.email'", false),
        ] {
            assert_eq!(
                compiled(expression).selects("claims", "email"),
                takes,
                "{expression}"
            );
        }
        let request =
            |expression| Program::compile(expression, &Environment::subject_access_review()).unwrap();
        let uses = request("has(request.resourceAttributes.labelSelector)");
        assert!(uses.selects_any("labelSelector") && !uses.selects_any("fieldSelector"));
        assert!(request("request.resourceAttributes.?fieldSelector.hasValue()").selects_any("fieldSelector"));
    }
}
