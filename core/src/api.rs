//! Likeness's own HTTP API, the same on both shells: the form of a call ([`Call`]), the roles that may make it
//! ([`Role`]), the answers of one avatar ([`AvatarApi`]), and the form of a refusal ([`Problem`]).
//!
//! A shell parses the call, finds out the caller, and hands the call to the object that answers it; where that object
//! needs bytes moved or money reserved, its [`Answer`] says so and the shell comes back with the result.

mod admission;
mod auth;
mod avatar_api;
mod body;
mod budget_api;
mod call;
mod deployment;
mod fields;
mod health;
mod inquiry;
mod notify;
mod offer;
mod openapi;
mod origin;
mod overview;
mod porter;
mod problem;
mod recent;
mod reporting;
mod route;
mod views;
mod webhook;

pub(crate) use self::body::{BodyError, Fault, MOST_LEVELS, NotJson, Wanted, doubled};
pub use self::{
    admission::Admission,
    auth::Credential,
    avatar_api::{Answer, AvatarApi, Download, Given},
    budget_api::{BudgetAnswer, BudgetApi, Spent, listed},
    call::{Call, Caller, Reply, SECURITY_HEADERS},
    deployment::{ConnectionSettings, Cors, Deployment, DeploymentError, Notify, test_bucket},
    fields::{ByteRange, IfNoneMatch},
    health::{Failing, Part},
    inquiry::Inquiry,
    notify::{notification, taken},
    openapi::description,
    origin::Origin,
    overview::overview,
    porter::{Porter, Shown},
    problem::{ApiProblem, Problem},
    recent::{MessageId, Recent},
    reporting::{report_wants, reported},
    route::{Entry, Operation, Params, Place, ROUTES, Role},
    views::avatars_view,
    webhook::{WebhookHint, WebhookIntake, WebhookStep},
};
