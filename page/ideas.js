// Ideas for portraits: each card's words for the model. A card's name is in the table of sentences (`idea.NAME`).

/**
 * @typedef {object} Idea
 * @property {string} name
 * @property {string} prompt English, which the model was taught in.
 * @property {"female" | "male"} [gender] For whom it is meant; for everybody if left out.
 */

/** @type {Idea[]} */
const IDEAS = [
    { name: "studio", prompt: "studio portrait, plain grey backdrop, soft light from one side, 85mm lens" },
    { name: "garden", prompt: "portrait in a garden, late sun behind, linen shirt, shallow depth of field" },
    { name: "mono", prompt: "black and white portrait, strong side light, film grain, looking into the camera" },
    { name: "dress", prompt: "elegant evening dress, warm lights of a theatre foyer behind", gender: "female" },
    { name: "suit", prompt: "dark tailored suit, warm lights of a theatre foyer behind", gender: "male" },
    { name: "office", prompt: "business portrait, neat clothes, bright office out of focus, friendly look" },
    { name: "roof", prompt: "portrait on a city roof at dusk, wind in the hair, lights of the town behind" },
    { name: "cafe", prompt: "portrait at the window of a café, rain on the glass, a cup in both hands" },
    { name: "winter", prompt: "portrait in a winter coat and scarf, falling snow, breath in the cold air" },
    { name: "oil", prompt: "oil painting, portrait in the manner of an old master, dark background" },
];

/** Returns the ideas for a person. @param {string | null | undefined} gender */
export const ideas = (gender) => IDEAS.filter((idea) => !idea.gender || !gender || gender === "other" || idea.gender === gender);
