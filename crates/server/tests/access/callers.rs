//! Every operation of the API, asked by everybody who may come.

use std::collections::BTreeMap;

use super::server::Server;

/// What each role may do besides what those before it may: `METHOD path`.
const ROLES: [(&str, &str); 4] = [
    ("viewer", include_str!("callers/viewer.txt")),
    ("sales", include_str!("callers/sales.txt")),
    ("marketer", include_str!("callers/marketer.txt")),
    ("owner", include_str!("callers/owner.txt")),
];
/// For strangers: signing in, setting a password by a link, and asking for one.
const OPEN: [&str; 3] = ["POST /api/password-links", "POST /api/session", "POST /api/setup"];

/// The operations of `/api` that `/api/openapi.json` lists; the others have no roles.
fn operations(server: &Server) -> Vec<String> {
    let described = server.get("/api/openapi.json", &[]).body;
    let mut all = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/api")) {
        let methods = methods.as_object().unwrap().keys().map(|method| method.to_uppercase());
        all.extend(methods.filter(|method| method != "PARAMETERS").map(|method| format!("{method} {path}")));
    }
    all.retain(|operation| !OPEN.contains(&operation.as_str()));
    all
}

/// A path whose parameters name nothing.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "999999".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn each_operation_is_for_its_role_and_those_above_it_alone() {
    let server = Server::start();
    let places = ROLES.iter().enumerate();
    let least: BTreeMap<&str, usize> =
        places.flat_map(|(place, (_, list))| list.lines().map(move |operation| (operation, place))).collect();
    let bearer = |key: String| format!("Authorization: Bearer {key}");
    let strangers = [String::new(), bearer(server.key(&["p", "--public"])), bearer(server.key(&["s", "--server"]))];
    let keys = ROLES.map(|(role, _)| bearer(server.key(&[role, "--api", role])));
    let operations = operations(&server);
    let unlisted: Vec<&String> = operations.iter().filter(|one| !least.contains_key(one.as_str())).collect();
    assert!(unlisted.is_empty(), "add each to the list of the least role that may do it: {unlisted:#?}");
    assert_eq!(operations.len(), least.len(), "an operation of the lists is gone");
    for operation in &operations {
        let (method, path) = operation.split_once(' ').unwrap();
        let ask = |caller: &String| {
            let headers: Vec<&str> = [caller.as_str()].into_iter().filter(|line| !line.is_empty()).collect();
            server.status(method, &filled(path), &headers, "")
        };
        for (name, caller) in ["nobody", "a public key", "a server key"].iter().zip(&strangers) {
            assert_eq!(ask(caller), 401, "{operation} by {name}");
        }
        for (place, (caller, (role, _))) in keys.iter().zip(ROLES).enumerate() {
            let status = ask(caller);
            if place < least[operation.as_str()] {
                assert_eq!(status, 403, "{operation} by {role}");
            } else {
                assert!(status != 401 && status != 403 && status < 500, "{operation} by {role}: {status}");
            }
        }
    }
}
