// The API's documents, by the names of /openapi.json. `scripts/check-page` makes the types from that description, and
// checks the page's script against them. Browsers never see this file.

import type { components } from "../target/page/openapi";

type Schemas = components["schemas"];

export type Avatar = Schemas["Avatar"];
export type Erased = Schemas["Erased"];
export type Invitation = Schemas["Invitation"];
export type Offer = Schemas["Offer"];
export type Overview = Schemas["Overview"];
export type Photo = Schemas["Photo"];
export type Portraits = Schemas["PicturesStatus"];
export type Price = Schemas["Price"];
export type Redeemed = Schemas["Redeemed"];
export type Training = Schemas["Status"];
