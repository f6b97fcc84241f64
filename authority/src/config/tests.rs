use super::*;

fn with_environment(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: Vec<_> = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Config::parse(text, "config.toml", variables.into_iter())
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = with_environment("", &[("HOME", "/root")]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.issuer.as_str(), "http://id.localhost:8080");
    assert_eq!(config.alternative, "http://id.localhost:8080/");
    assert!(!config.development);
}

#[test]
fn the_environment_goes_over_the_file() {
    let config = with_environment(
        "listen = \"127.0.0.1:1\"\ndevelopment = false",
        &[
            ("NOD_AUTHORITY_LISTEN", "127.0.0.1:9000"),
            ("NOD_AUTHORITY_DEVELOPMENT", "true"),
            ("NOD_AUTHORITY_MODEL_SETS", "open-1, everywhere-1"),
            ("NOD_AUTHORITY_DATA", "/srv/nod"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.port(), 9000);
    assert!(config.development);
    assert_eq!(config.model_sets.len(), 2);
}

#[test]
fn unknown_keys_and_variables_are_refused_by_name() {
    let file = with_environment("lisen = \"127.0.0.1:1\"", &[])
        .unwrap_err()
        .to_string();
    assert!(
        file.contains("config.toml") && file.contains("lisen"),
        "{file}"
    );
    let variable = with_environment("", &[("NOD_AUTHORITY_LISEN", "x")]).unwrap_err();
    assert!(
        variable.to_string().contains("NOD_AUTHORITY_LISEN"),
        "{variable}"
    );
}

#[test]
fn evidence_is_a_table_with_a_socket_and_nothing_else() {
    let socket = |config: Config| config.evidence.map(|evidence| evidence.socket);
    assert_eq!(socket(with_environment("", &[]).unwrap()), None);
    let text = "[evidence]\nsocket = \"/run/nod/evidence\"";
    let file = with_environment(text, &[]).unwrap();
    assert_eq!(socket(file), Some("/run/nod/evidence".into()));
    let variable = ("NOD_AUTHORITY_EVIDENCE_SOCKET", "/tmp/other");
    for text in ["", text] {
        let config = with_environment(text, &[variable]).unwrap();
        assert_eq!(socket(config), Some("/tmp/other".into()));
    }
    for bad in ["[evidence]", "[evidence]\nsocket = \"a\"\nport = 1"] {
        assert!(with_environment(bad, &[]).is_err(), "{bad}");
    }
}

#[test]
fn limits_are_a_table_and_its_variables_go_beside_its_lines() {
    let limits = |text, variables: &[(&str, &str)]| {
        with_environment(text, variables).map(|config| config.limits)
    };
    let defaults = limits("", &[]).unwrap();
    assert_eq!(defaults.address_per_minute.get(), 300);
    assert!(defaults.trusted_proxies.is_empty());
    let text = "[limits]\naddress_per_minute = 60\ntrusted_proxies = [\"10.0.0.0/8\"]";
    let both = limits(
        text,
        &[
            ("NOD_AUTHORITY_LIMITS_SITE_SESSIONS_PER_MINUTE", "7"),
            ("NOD_AUTHORITY_LIMITS_SHARED", "192.0.2.0/24=3000, ::1=9"),
            ("NOD_AUTHORITY_LIMITS_FORWARDED_HEADER", "forwarded"),
        ],
    );
    let both = both.unwrap();
    assert_eq!(both.address_per_minute.get(), 60);
    assert_eq!(both.site_sessions_per_minute.get(), 7);
    assert!(both.is_trusted("10.1.2.3".parse().unwrap()));
    assert_eq!(both.of_address("192.0.2.9".parse().unwrap()).get(), 3000);
    assert_eq!(both.of_address("::1".parse().unwrap()).get(), 9);
    assert_eq!(both.relay_per_minute.get(), 30_000);
    assert!(both.relays.is_empty());
    let relays = limits(
        text,
        &[
            ("NOD_AUTHORITY_LIMITS_RELAYS", "192.0.2.80, 2001:db8::/64"),
            ("NOD_AUTHORITY_LIMITS_RELAY_PER_MINUTE", "9000"),
        ],
    );
    let relays = relays.unwrap();
    assert_eq!(relays.relay_per_minute.get(), 9000);
    for (address, is_relay) in [
        ("192.0.2.80", true),
        ("2001:db8::7", true),
        ("192.0.2.81", false),
    ] {
        assert_eq!(relays.is_relay(address.parse().unwrap()), is_relay);
    }
    let over = ("NOD_AUTHORITY_LIMITS_TRUSTED_PROXIES", "192.0.2.7");
    let over = limits(text, &[over]).unwrap();
    assert!(!over.is_trusted("10.1.2.3".parse().unwrap()));
    assert!(over.is_trusted("192.0.2.7".parse().unwrap()));
}

#[test]
fn a_limit_of_none_and_a_network_that_is_none_are_refused() {
    for bad in [
        "[limits]\naddress_per_minute = 0",
        "[limits]\naddress_per_minute = 1000001",
        "[limits]\naddress_per_minute = \"planted\"",
        "[limits]\ntrusted_proxies = [\"planted\"]",
        "[limits]\ntrusted_proxies = [\"10.0.0.1/8\"]",
        "[limits]\nrelays = [\"planted\"]",
        "[limits]\nrelay_per_minute = 0",
        "[limits]\nforwarded_header = \"planted\"",
        "[limits]\nshared = [{ network = \"10.0.0.0/8\" }]",
        "[limits]\nresident_failures = 50",
    ] {
        let said = with_environment(bad, &[]).unwrap_err().to_string();
        assert!(
            said.contains("limits") && !said.contains("planted"),
            "{said}"
        );
    }
    for value in ["planted", "192.0.2.0/24", "192.0.2.0/24=0", "planted=5"] {
        let variable = ("NOD_AUTHORITY_LIMITS_SHARED", value);
        let said = with_environment("", &[variable]).unwrap_err().to_string();
        assert!(!said.contains("planted"), "{said}");
    }
}

#[test]
fn a_database_is_a_postgresql_address_that_nobody_reads() {
    let url = |config: Config| config.database.map(|it| it.url.expose().to_owned());
    assert_eq!(url(with_environment("", &[]).unwrap()), None);
    let text = "[database]\nurl = \"postgres://nod:planted@db/nod\"";
    let config = with_environment(text, &[]).unwrap();
    assert!(!format!("{config:?}").contains("planted"));
    assert_eq!(url(config).unwrap(), "postgres://nod:planted@db/nod");
    let variable = (
        "NOD_AUTHORITY_DATABASE_URL",
        "postgresql://nod:planted@other/nod",
    );
    for text in ["", text] {
        let config = with_environment(text, &[variable]).unwrap();
        assert_eq!(url(config).unwrap(), variable.1);
    }
    for bad in [
        "[database]",
        "[database]\nurl = 271828",
        "[database]\nurl = \"mysql://nod:planted@db/nod\"",
        "[database]\nurl = \"postgres://nod:planted@db/nod\"\nurls = \"\"",
        "database = \"postgres://nod:planted@db/nod\"",
    ] {
        let error = with_environment(bad, &[]).unwrap_err();
        let words = format!("{error:?}{error}");
        assert!(
            !words.contains("planted") && !words.contains("271828"),
            "{words}"
        );
    }
}

#[test]
fn an_issuer_without_tls_is_refused_outside_loopback() {
    assert!(with_environment("issuer = \"http://id.example.gov\"", &[]).is_err());
    for fine in [
        "https://id.example.gov",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        assert!(
            with_environment(&format!("issuer = \"{fine}\""), &[]).is_ok(),
            "{fine}"
        );
    }
    for bad in [
        "http://localhost.example.gov",
        "http://1.2.3.4",
        "http://xlocalhost",
    ] {
        assert!(
            with_environment(&format!("issuer = \"{bad}\""), &[]).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn secrets_are_never_printed() {
    let config = with_environment("metrics_token = \"planted-secret\"", &[]).unwrap();
    assert!(!format!("{config:?}").contains("planted"));
    assert!(format!("{config:?}").contains("Secret(redacted)"));
    assert!(config.metrics_token.unwrap().matches("planted-secret"));
    let error = with_environment("", &[("NOD_AUTHORITY_METRIC_TOKEN", "planted-secret")]);
    assert!(!format!("{:?}", error.unwrap_err()).contains("planted"));
    let malformed = with_environment("metrics_token = planted-secret", &[]).unwrap_err();
    assert!(
        !format!("{malformed:?}{malformed}").contains("planted"),
        "{malformed:?}"
    );
    let number = with_environment("metrics_token = 271828", &[]).unwrap_err();
    assert!(
        !format!("{number:?}{number}").contains("271828"),
        "{number:?}"
    );
    let wrong_kind = with_environment("listen = \"planted-secret\"", &[]).unwrap_err();
    assert!(
        !format!("{wrong_kind:?}{wrong_kind}").contains("planted"),
        "{wrong_kind:?}"
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_not_repeated_and_its_key_is_named() {
    for (key, text) in [
        ("development", "development = \"planted-secret\""),
        ("log_format", "log_format = \"planted-secret\""),
        ("evidence", "evidence = \"planted, expected \""),
        ("model_sets", "model_sets = \"planted-secret\""),
        ("shutdown_seconds", "shutdown_seconds = \"planted-secret\""),
        (
            "name",
            "listen = \"127.0.0.1:1\"\nname = [\"planted-secret\"]",
        ),
    ] {
        let said = with_environment(text, &[]).unwrap_err().to_string();
        assert!(said.contains(key) && !said.contains("planted"), "{said}");
    }
    let variable = with_environment("", &[("NOD_AUTHORITY_LOG_FORMAT", "planted")]).unwrap_err();
    let said = variable.to_string();
    assert!(
        said.contains("log_format: expected") && !said.contains("planted"),
        "{said}"
    );
}
