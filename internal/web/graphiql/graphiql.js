// Starts GraphiQL on this server's own /graphql, with the browser's session: log in here and the next query is the shopper's.
'use strict';

async function fetcher(request, options) {
  const response = await fetch('/graphql', {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      ...options?.headers,
    },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `${response.status} ${response.statusText}: ${text.slice(0, 500)}` }] };
  }
}

const tabs = [
  {
    query: `# The shopper behind this browser's session, null for a guest; what their group gets; what the store says.
# Ctrl-Enter runs it, Ctrl-Space completes. The other tabs log in and subscribe.
query Shopper {
  currentCustomer {
    entityId
    firstName
    lastName
    email
    group {
      name
    }
  }
  groups(first: 10) {
    edges {
      node {
        entityId
        name
        isDefault
        isGroupForGuests
        discountRules {
          type
          method
          amount
        }
      }
    }
  }
  site {
    settings {
      storeName
      storeHash
      status
    }
  }
}
`,
  },
  {
    query: `# Sets the session cookie. A wrong address and a wrong password get the same answer.
mutation Login($email: String!, $password: String!) {
  login(email: $email, password: $password) {
    customer {
      entityId
      firstName
      email
    }
    customerAccessToken {
      value
      expiresAt
    }
  }
}
`,
    variables: JSON.stringify({ email: 'you@example.com', password: 'your password' }, null, 2),
  },
  {
    query: `# A stranger learns nothing about an address: new or known, the answer is the same.
mutation Subscribe($input: CreateSubscriberInput!) {
  newsletter {
    subscribe(input: $input) {
      errors {
        __typename
        ... on Error {
          message
        }
      }
    }
  }
}
`,
    variables: JSON.stringify({ input: { email: 'you@example.com', firstName: 'Ada' } }, null, 2),
  },
];

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, { fetcher, defaultTabs: tabs, shouldPersistHeaders: false }),
);
