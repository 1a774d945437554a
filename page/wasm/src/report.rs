//! The report on a photo's looks as the page reads it.

use std::collections::BTreeMap;

use likeness_core::{
    language::UserLanguage,
    photo::report::{Face, Finding, PhotoReport, Verdict},
    words::report::{finding, finding_advice},
};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    verdict: Verdict,
    /// The largest first.
    faces: &'a [Face],
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    code: &'static str,
    /// By the code of the language.
    said: BTreeMap<&'static str, Said>,
}

#[derive(Serialize)]
struct Said {
    sentence: String,
    advice: &'static str,
}

impl Found {
    fn new(found: &Finding) -> Self {
        let said = |language: UserLanguage| {
            let said = Said { sentence: finding(language, found), advice: finding_advice(language, found) };
            (language.code(), said)
        };
        Self { code: found.code(), said: UserLanguage::ALL.map(said).into() }
    }
}

/// Writes the report as JSON, with the sentences of every language: a person may choose another one later.
pub(crate) fn json(report: &PhotoReport) -> String {
    let faces = report.faces.as_deref().unwrap_or_default();
    let findings = report.findings.iter().map(Found::new).collect();
    // Maps with keys of text, texts and numbers always make JSON.
    serde_json::to_string(&Report { verdict: report.verdict(), faces, findings }).unwrap_or_default()
}
