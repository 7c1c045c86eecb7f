"""Railway's GraphQL API: who asks (tokens), what for (queries), how (client), and what is made of the answers."""
