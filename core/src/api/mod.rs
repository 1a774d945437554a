//! Our own HTTP API, the same on both shells: what a call is ([`Call`]), who may make it ([`Role`]), what one avatar
//! answers ([`AvatarApi`]), and how a refusal looks ([`Problem`]).
//!
//! A shell parses the call, finds out who calls, and hands it to the object that it is for; where that object needs
//! bytes moved or money reserved, its [`Answer`] says so and the shell comes back with what came of it.

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
mod openapi;
mod origin;
mod porter;
mod problem;
mod recent;
mod route;
mod views;

pub(crate) use self::body::{BodyError, Fault, MOST_LEVELS, Wanted};
pub use self::{
    auth::Credential,
    avatar_api::{Answer, AvatarApi, Download, Given, Hold, Purchase},
    budget_api::{Admission, BudgetAnswer, BudgetApi, Spent, listed},
    call::{Call, Caller, Reply, SECURITY_HEADERS},
    deployment::{
        ConnectionSettings, Cors, DAILY_PICTURES, DAILY_TRAININGS, Deployment, DeploymentError, Notify,
        RETENTION_DAYS, test_bucket,
    },
    fields::{ByteRange, IfNoneMatch},
    health::{Failing, Part},
    inquiry::Inquiry,
    notify::notification,
    openapi::description,
    origin::Origin,
    porter::{LET_IN_FOR, MOST_REFUSED, Porter, REFUSED_FOR, Shown},
    problem::{ApiProblem, Problem},
    recent::{MessageId, Recent},
    route::{Entry, Operation, Params, Place, ROUTES, Role},
    views::{avatar_view, avatars_view},
};
