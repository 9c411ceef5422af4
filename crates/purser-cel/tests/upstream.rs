//! The examples of Kubernetes' own pages, and the functions that it documents.
//!
//! Sources: kubernetes.io/docs, reference/access-authn-authz/authentication and authorization,
//! reference/using-api/cel; cel-spec, langdef.md.

#[cfg(test)]
mod tests {
    use purser_cel::{Bindings, Environment, Program, Type, Value};
    use serde_json::{Value as Json, json};

    fn value(json: &Json) -> Value {
        Value::try_from(json).unwrap()
    }

    fn claims(expression: &str, claims: &Json) -> Result<Json, String> {
        evaluated(expression, &Environment::claims(), "claims", claims)
    }

    fn evaluated(
        expression: &str,
        environment: &Environment,
        name: &'static str,
        json: &Json,
    ) -> Result<Json, String> {
        let program = Program::compile(expression, environment).map_err(|error| error.to_string())?;
        let found = program
            .evaluate(&Bindings::new().with(name, value(json)))
            .map_err(|error| error.to_string())?;
        found.to_json().ok_or_else(|| format!("no json: {found:?}"))
    }

    #[test]
    fn the_examples_of_mapped_claims() {
        let token = json!({
            "sub": "jane", "email": "jane@example.com", "roles": "user,admin", "groups": ["devs", "ops"],
            "exp": 90000, "nbf": 3600, "foo": {"bar": "x"}, "username": "foo", "is_admin": true,
            "https://example.com/claim": "url", "tenant": {"id": "t1"},
        });
        for (expression, expected) in [
            ("claims.sub", json!("jane")),
            ("'oidc:' + claims.sub", json!("oidc:jane")),
            ("claims.username + ':external-user'", json!("foo:external-user")),
            ("claims.roles.split(\",\")", json!(["user", "admin"])),
            (
                "dyn(claims.groups).map(g, 'oidc:' + g)",
                json!(["oidc:devs", "oidc:ops"]),
            ),
            ("claims.foo.bar", json!("x")),
            ("claims['https://example.com/claim']", json!("url")),
            ("claims.?email_verified.orValue(true)", json!(true)),
            ("claims.?tenant.?id.orValue('none')", json!("t1")),
            ("claims.?nobody.?id.orValue('none')", json!("none")),
            ("claims[?'nobody'].orValue(claims.sub)", json!("jane")),
            ("claims.?sub.orValue(claims.nothing)", json!("jane")),
            ("claims.is_admin ? 'admin' : 'user'", json!("admin")),
            ("has(claims.sub) && !has(claims.subject)", json!(true)),
            ("claims.exp - claims.nbf <= 86400", json!(true)),
            ("claims.email.endsWith('@example.com')", json!(true)),
            ("[claims.sub, claims.email]", json!(["jane", "jane@example.com"])),
            ("{'k': claims.sub}", json!({"k": "jane"})),
            ("string(claims.exp)", json!("90000")),
            ("type(claims.exp) == int", json!(true)),
            ("type(timestamp(0)) == google.protobuf.Timestamp", json!(true)),
            (
                "dyn([claims.sub, claims.email]).exists(s, s == 'jane')",
                json!(true),
            ),
            ("dyn(claims.groups).filter(g, g.startsWith('d'))", json!(["devs"])),
            ("dyn(claims.groups).all(i, g, i < 2 && g != '')", json!(true)),
            (
                "dyn(claims.groups).transformMap(i, g, g)",
                json!({"0": "devs", "1": "ops"}),
            ),
            (
                "dyn(claims.foo).transformList(k, v, k + '=' + v)",
                json!(["bar=x"]),
            ),
            (
                "dyn(claims.foo).transformMapEntry(k, v, {v: k})",
                json!({"x": "bar"}),
            ),
            (
                "optional.of(claims.sub).optMap(s, s + '!').value()",
                json!("jane!"),
            ),
            ("optional.none().or(optional.of(3)).hasValue()", json!(true)),
            ("[?claims.?sub, ?optional.none()]", json!(["jane"])),
            ("{?'a': claims.?sub, ?'b': claims.?none}", json!({"a": "jane"})),
        ] {
            assert_eq!(claims(expression, &token), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn the_examples_of_rules_for_claims_and_users() {
        let rule = Environment::claims().wants(Type::Bool);
        let token = json!({"email_verified": true, "hd": "example.com", "exp": 86401, "nbf": 1});
        for (expression, expected) in [
            ("claims.email_verified == true", true),
            ("claims.?email_verified.orValue(true) == true", true),
            ("claims.hd == 'example.com'", true),
            ("claims.exp - claims.nbf <= 86400", true),
            ("claims.exp - claims.nbf < 86400", false),
        ] {
            assert_eq!(
                evaluated(expression, &rule, "claims", &token),
                Ok(json!(expected)),
                "{expression}"
            );
        }
        let user =
            json!({"username": "jane", "uid": "u", "groups": ["a"], "extra": {"example.com/x": ["1"]}});
        for (expression, expected) in [
            ("!user.username.startsWith('system:')", true),
            ("user.groups.all(group, !group.startsWith('system:'))", true),
            ("!has(user.extra) || user.extra['example.com/x'] == ['1']", true),
            ("'b' in user.groups", false),
            ("user.?uid.orValue('') == 'u'", true),
        ] {
            assert_eq!(
                evaluated(expression, &Environment::user(), "user", &user),
                Ok(json!(expected)),
                "{expression}"
            );
        }
    }

    #[test]
    fn the_examples_of_match_conditions() {
        let environment = Environment::subject_access_review();
        let request = json!({
            "user": "jane", "groups": ["system:authenticated", "system:serviceaccounts:kube-system"], "uid": "",
            "extra": {}, "resourceAttributes": {
                "namespace": "kube-system", "verb": "list", "group": "", "version": "v1", "resource": "secrets",
                "subresource": "", "name": "", "labelSelector": {
                    "requirements": [{"key": "app", "operator": "In", "values": ["x"]}]}},
        });
        for (expression, expected) in [
            ("has(request.resourceAttributes)", true),
            ("has(request.nonResourceAttributes)", false),
            ("request.resourceAttributes.namespace == 'kube-system'", true),
            ("!('system:serviceaccounts:kube-system' in request.groups)", false),
            ("request.resourceAttributes.verb in ['get', 'list']", true),
            (
                "has(request.resourceAttributes.labelSelector) && \
          request.resourceAttributes.labelSelector.requirements.exists(r, r.operator == 'In' && 'x' in r.values)",
                true,
            ),
        ] {
            assert_eq!(
                evaluated(expression, &environment, "request", &request),
                Ok(json!(expected)),
                "{expression}"
            );
        }
        let absent = evaluated(
            "request.nonResourceAttributes.path == '/x'",
            &environment,
            "request",
            &request,
        );
        assert_eq!(absent, Err("no such key: nonResourceAttributes".to_owned()));
    }

    /// Each holds.
    const TRUE: &[&str] = &[
        // Operators and literals.
        "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 % 4 == 3 && -7 / 2 == -3",
        "10 - 2 - 3 == 5",
        "-9223372036854775808 < 9223372036854775807",
        "1u + 2u == 3u && 0x1F == 31 && 1e3 == 1000.0 && .5 < 1.0",
        "1 < 2.5 && 2u > 1 && 1.0 <= 1u",
        "dyn(1) == 1.0 && dyn(1) == 1u && dyn('1') != 1",
        "'a' < 'b' && b'a' < b'b' && !false",
        "r'\\n' == '\\\\n' && '''a\nb''' == 'a\\nb' && '\\u00e9' == 'é' && '\\x41\\101' == 'AA' && b'\\xff' != b'a'",
        "true ? true : 1 / 0 > 0",
        "(1 / 0 > 0 || true) && !(false && 1 / 0 > 0)",
        "[1, 2][1] == 2 && {'a': 1}['a'] == 1 && {1: 2}[1] == 2 && dyn({1: 2})[1u] == 2",
        "2 in [1, 2] && 'a' in {'a': 1} && !('b' in {'a': 1})",
        "[1, 2] + [3] == [1, 2, 3] && {'a': [1]} == {'a': [1]}",
        "!!true && --1 == 1 && - 1 == -1",
        "null == null && [null] == [null] // behind this is nothing",
        "timestamp(0) != null && dyn([[1.0], [2.0]]) == [[1], [2]]",
        // Macros.
        "[1, 2, 3].all(x, x > 0) && [1, 2].exists(x, x == 2) && [1, 2, 2].exists_one(x, x == 1)",
        "![1, 2, 2].exists_one(x, x == 2) && [].all(x, false) && ![].exists(x, true)",
        "[0, 1].exists(x, 1 / x == 1) && ![0, 2].all(x, 4 / x == 1)",
        "[1, 2, 3].map(x, x > 1, x * 2) == [4, 6] && {'a': 1, 'b': 2}.map(k, k) == ['a', 'b']",
        "[1, 2].map(x, [3, 4].map(y, x * y)) == [[3, 4], [6, 8]]",
        // Conversions.
        "int('7') == 7 && int(7.9) == 7 && int(-7.9) == -7 && uint(7) == 7u && double('1.5') == 1.5",
        "string(1.5) == '1.5' && string(1000000.0) == '1e+06' && string(true) == 'true' && string(b'a') == 'a'",
        "bytes('é') == b'é' && size('é') == 1 && size(b'é') == 2 && bool('true')",
        "int(timestamp('1970-01-01T00:01:00Z')) == 60 && timestamp(60) == timestamp('1970-01-01T01:01:00+01:00')",
        "duration('1h30m') == duration('90m') && string(duration('1.5s')) == '1.5s' && duration('-1ms') < duration('0')",
        "timestamp('2020-01-01T00:00:00Z') + duration('24h') == timestamp('2020-01-02T00:00:00Z')",
        "timestamp('2020-01-02T00:00:00Z') - timestamp('2020-01-01T00:00:00Z') == duration('24h')",
        "timestamp('2020-02-03T04:05:06.007Z').getFullYear() == 2020",
        "timestamp('2020-02-03T04:05:06.007Z').getMonth() == 1 && timestamp('2020-02-03T04:05:06Z').getDate() == 3",
        "timestamp('2020-02-03T04:05:06.007Z').getDayOfMonth() == 2 && timestamp('2020-02-02T00:00:00Z').getDayOfWeek() == 0",
        "timestamp('2020-02-03T23:05:06.007Z').getHours('+02:00') == 1 && timestamp(0).getMilliseconds() == 0",
        "duration('90m').getHours() == 1 && duration('90m').getMinutes() == 90",
        "string(timestamp(0)) == '1970-01-01T00:00:00Z'",
        // Lists.
        "[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && [].isSorted()",
        "[1, 3].sum() == 4 && [1.5, 0.5].sum() == 2.0 && [duration('1m'), duration('1s')].sum() == duration('61s')",
        "[1, 3].min() == 1 && ['a', 'c', 'b'].max() == 'c'",
        "[1, 2, 2, 3].indexOf(2) == 1 && ['a', 'b', 'b'].lastIndexOf('b') == 2 && [1.0].indexOf(1.1) == -1",
        // Text.
        "'hello'.charAt(4) == 'o' && 'hello'.charAt(5) == ''",
        "'hello mellow'.indexOf('ello') == 1 && 'hello mellow'.indexOf('ello', 2) == 7 && 'x'.indexOf('') == 0",
        "'hello mellow'.lastIndexOf('ello') == 7 && 'hello mellow'.lastIndexOf('ello', 6) == 1 && 'abc'.lastIndexOf('') == 3",
        "'TacoCat'.lowerAscii() == 'tacocat' && 'TacoCÆt'.upperAscii() == 'TACOCÆT'",
        "'hello hello'.replace('he', 'we') == 'wello wello' && 'hello hello'.replace('he', 'we', 1) == 'wello hello'",
        "'hello'.replace('', '_') == '_h_e_l_l_o_'",
        "'a b'.split(' ') == ['a', 'b'] && 'a b c'.split(' ', 2) == ['a', 'b c'] && 'a'.split(' ', 0) == []",
        "'abc'.split('') == ['a', 'b', 'c'] && 'abc'.split('', 2) == ['a', 'bc']",
        "['a', 'b'].join() == 'ab' && ['a', 'b'].join(', ') == 'a, b' && [].join('x') == ''",
        "'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'",
        "'  x\t'.trim() == 'x' && 'abc'.contains('b') && 'abc'.startsWith('ab') && 'abc'.endsWith('bc')",
        "'%d %s %f %s %s'.format([1, 'abc', 1.0, duration('1m'), timestamp('2000-01-01T00:00:00.000Z')]) == '1 abc 1.000000 60s 2000-01-01T00:00:00Z'",
        "'%o %o %b %b %x %X'.format([7, 8, 8, true, 'hi', 255]) == '7 10 1000 1 6869 FF' && '%d%%'.format([-5]) == '-5%'",
        "'%e'.format([3.14]) == '3.140000\\u202f×\\u202f10⁰⁰' && '%.1e'.format([0.0015]) == '1.5\\u202f×\\u202f10⁻⁰³'",
        "'%.2f %f'.format([1234567.891, 'NaN']) == '1,234,567.89 NaN' && '%s'.format([64.2]) == '64.2'",
        "'%s'.format([[1, 2.5, 'a\"', b'b', null, {'b': 'y', 'a': duration('1s')}]]) == r'[1, 2.500000, \"a\\\"\", b\"b\", null, {\"a\":duration(\"1s\"), \"b\":\"y\"}]'",
        "'%s'.format([type(1)]) == 'int' && ''.format([]) == ''",
        "strings.quote('a \"b\" \\n') == r'\"a \\\"b\\\" \\n\"'",
        // Regular expressions.
        "'foobar'.matches('^fo+b') && matches('x', '[a-z]') && !'é'.matches('^\\\\w$')",
        "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('[0-9]') == ''",
        "'123 abc 456'.findAll('[0-9]+') == ['123', '456'] && '123 456'.findAll('[0-9]+', 1) == ['123']",
        "'a]b'.matches('^[]a]+b$') && 'a&&b'.matches('^[a&&b]+$') && '['.matches('^[[]$') && '-'.matches('[a\\\\-]')",
        "'+,-'.matches('^[+--]+$') && '-./'.matches('^[--/]+$') && !'0'.matches('[+--/]') && 'a-'.matches('^[a-]+$')",
        // Sets.
        "sets.contains([1, 2, 3], [2]) && !sets.contains([1], [1, 2]) && sets.equivalent([1, 1], [1])",
        "sets.intersects([1, 2], [2, 3]) && !sets.intersects([1], [])",
        // URLs.
        "isURL('https://a.b/c?d=e') && !isURL('../x') && isURL('/x')",
        "url('https://user@example.com:80/p%20q?k1=a&k2=b&k2=c').getHost() == 'example.com:80'",
        "url('https://[::1]:80/').getHostname() == '::1' && url('https://example.com:80/').getPort() == '80'",
        "url('https://example.com/p%20q').getEscapedPath() == '/p%20q' && url('/path').getScheme() == ''",
        "url('https://e/?k1=a&k2=b&k2=c').getQuery() == {'k1': ['a'], 'k2': ['b', 'c']}",
        // Addresses.
        "isIP('::1') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4') && ip('127.0.0.1').isLoopback()",
        "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1') && ip('1.2.3.4').family() == 4",
        "string(ip('::1')) == '::1' && ip('fe80::1').isLinkLocalUnicast() && ip('8.8.8.8').isGlobalUnicast()",
        "cidr('192.168.0.0/24').containsIP('192.168.0.7') && !cidr('192.168.0.0/24').containsIP(ip('192.168.1.0'))",
        "cidr('192.168.0.0/16').containsCIDR('192.168.1.0/24') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')",
        "cidr('::/0').containsIP('::1') && cidr('0.0.0.0/0').prefixLength() == 0 && !isCIDR('1.2.3.4/33')",
        // Optionals.
        "optional.ofNonZeroValue('').orValue('x') == 'x' && {'a': {'b': 1}}.?a.b.value() == 1",
        "optional.of(1) == optional.of(1) && optional.of([1])[0].value() == 1 && [1][?4].orValue(2) == 2",
        "optional.of(1).optFlatMap(x, optional.none()) == optional.none() && !has({}.a)",
    ];

    #[test]
    fn every_documented_function_does_what_its_page_says() {
        let environment = Environment::new().wants(Type::Bool);
        let holds = |expression: &str| {
            let program = Program::compile(expression, &environment).map_err(|error| error.to_string())?;
            program
                .evaluate(&Bindings::new())
                .map_err(|error| error.to_string())
        };
        let wrong: Vec<String> = TRUE
            .iter()
            .filter_map(|expression| match holds(expression) {
                Ok(found) if found.as_bool() == Some(true) => None,
                Ok(_) => Some(format!("{expression}: false")),
                Err(error) => Some(format!("{expression}: {error}")),
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
