//! What of the schemas the types cannot say, held to the code that parses and answers.
