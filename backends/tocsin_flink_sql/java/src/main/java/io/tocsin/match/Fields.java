package io.tocsin.match;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All fields of a pack, and the tree of places where they may be. */
final class Fields {
    final Fold fold;
    final ValuePlace root = new ValuePlace("");
    final ValuePlace anywhere = new ValuePlace("");
    private final Map<List<String>, Field> known = new HashMap<>();
    private final Field keywords = new Field(anywhere, null);

    Fields(Fold fold) {
        this.fold = fold;
    }

    /** The field of a name; null stands for every scalar. `path` is set where it is elsewhere. */
    Field of(String name, List<String> path) {
        if (name == null) {
            return keywords;
        }
        // A name never starts a renamed field's key: that has one more part.
        List<String> key = path == null ? List.of(name) : List.of("", String.join("\0", path));
        return known.computeIfAbsent(key, k -> made(name, path));
    }

    private Field made(String name, List<String> path) {
        if (path != null) {
            return new Field(null, root.at(path));
        }
        ValuePlace flat = root.at(List.of(name));
        List<String> parts = List.of(name.split("\\.", -1));
        return new Field(flat, parts.size() > 1 ? root.at(parts) : null);
    }
}
