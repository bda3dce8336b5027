-- Names that repositories have, or had before they were renamed: id is the forge's own number of the repository, after the forge's name.

CREATE TABLE repository_names (
    repo TEXT NOT NULL PRIMARY KEY,
    id   TEXT NOT NULL
);
CREATE INDEX repository_names_id ON repository_names (id);
