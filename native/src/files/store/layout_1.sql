CREATE TABLE avatars (
    id TEXT PRIMARY KEY,
    due INTEGER,
    notice INTEGER,
    user INTEGER,
    lead BLOB NOT NULL,
    state TEXT NOT NULL,
    simulator TEXT
) STRICT;
CREATE INDEX avatars_of_users ON avatars (user) WHERE user IS NOT NULL;
CREATE TABLE budget (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    state TEXT NOT NULL
) STRICT;
CREATE INDEX due_avatars ON avatars (due) WHERE due IS NOT NULL;
CREATE TABLE erasures (
    avatar TEXT PRIMARY KEY,
    gone INTEGER NOT NULL
) STRICT;
CREATE TABLE requests (
    request_id TEXT PRIMARY KEY,
    avatar TEXT NOT NULL
) STRICT;
CREATE INDEX requests_of_avatar ON requests (avatar);
CREATE INDEX untold_avatars ON avatars (notice) WHERE notice IS NOT NULL;
