//! The pages: `/`, `/document` where a citation is read in its place, and `/os`, `/users` and `/firewall` about the machine. HTML files,
//! one style sheet and modules, embedded.
//!
//! Nothing here is built from input, so there is nothing to escape; what a model says becomes DOM nodes in the browser.

use super::error::Failure;
use crate::foundation::values::Sha256;
use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "src/api/pages/assets/"]
struct Assets;

/// What the page may do: its own files and its own node, and no inline script, no plug-in, no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Returns the routes of the page; they need no token, for they say nothing about the node.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(index))
        // The first LadyLinux took forms at these addresses as well.
        .route("/os", get(machine).post(machine))
        .route("/users", get(machine).post(machine))
        .route("/firewall", get(machine))
        .route("/document", get(document))
        .route("/assets/{name}", get(asset))
}

async fn index(headers: HeaderMap) -> Response {
    answer("index.html", &headers)
}

async fn document(headers: HeaderMap) -> Response {
    answer("document.html", &headers)
}

async fn machine(headers: HeaderMap) -> Response {
    answer("machine.html", &headers)
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    answer(&name, &headers)
}

fn answer(name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Assets::get(name) else {
        return Failure::not_found("no_such_path", "the page has no such asset").into_response();
    };
    let tag = tag(&file);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, content_type(name)),
        (header::ETAG, tag.as_str()),
        // A refresh brings new files under the same names, so browsers must ask each time.
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, file.data).into_response()
}

fn tag(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    format!("\"{}\"", Sha256::of(digest))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_has_a_type_and_the_page_names_only_assets_that_exist() {
        for name in Assets::iter() {
            assert_ne!(content_type(&name), "application/octet-stream", "{name}");
            let text = String::from_utf8(Assets::get(&name).unwrap().data.into_owned()).unwrap();
            for mention in text.split("/assets/").skip(1) {
                let named = mention.split('"').next().unwrap();
                assert!(Assets::get(named).is_some(), "{name} names {named}");
            }
        }
    }

    // No CDN: the page works on a machine without a network.
    #[test]
    fn no_asset_names_another_host() {
        for name in Assets::iter() {
            let text = String::from_utf8(Assets::get(&name).unwrap().data.into_owned()).unwrap();
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{name}");
            assert!(!text.contains("innerHTML") && !text.contains("insertAdjacentHTML"), "{name}");
        }
    }

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        let first = answer("page.js", &HeaderMap::new());
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(answer("page.js", &headers).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer("none.js", &headers).status(), StatusCode::NOT_FOUND);
    }
}
