//! The manifests: what Kubernetes would get of each overlay, and whether it would take it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{deploy, named_below, said, succeed, texts, tool, validators, yaml};

/// The base and the overlays.
const ALL: &[&str] = &["base", "overlays/small", "overlays/production"];

/// What Kubernetes would get.
pub struct Rendered {
    /// As text.
    pub text: String,
    objects: BTreeMap<(String, String), Value>,
}

impl Rendered {
    /// Of the base or an overlay, as kubectl makes it. None where there is no kubectl.
    pub fn of(folder: &str) -> Option<Self> {
        let kubectl = tool("kubectl", "what Kustomize makes of the manifests")?;
        let folder = deploy("kubernetes").join(folder);
        let text = succeed(Command::new(kubectl).arg("kustomize").arg(folder));
        let objects = text.split("\n---\n").map(|one| {
            let object: Value = serde_saphyr::from_str(one).unwrap();
            let kind = object["kind"].as_str().unwrap().to_owned();
            let name = object["metadata"]["name"].as_str().unwrap().to_owned();
            ((kind, name), object)
        });
        let objects = objects.collect();
        Some(Self { text, objects })
    }

    /// One object.
    pub fn get(&self, kind: &str, name: &str) -> &Value {
        let key = (kind.to_owned(), name.to_owned());
        let known = self.objects.keys();
        self.objects
            .get(&key)
            .unwrap_or_else(|| panic!("no {kind} {name}: {known:?}"))
    }

    /// How many there are of a kind.
    fn count(&self, kind: &str) -> usize {
        self.objects.keys().filter(|(of, _)| of == kind).count()
    }

    /// What the Deployment makes each pod of.
    pub fn pod(&self) -> &Value {
        &self.get("Deployment", "usher")["spec"]["template"]["spec"]
    }

    /// The pod's only container.
    pub fn container(&self) -> &Value {
        &self.pod()["containers"][0]
    }

    /// The configuration file that the pod sees.
    pub fn configuration(&self) -> &str {
        let volume = self.volume("config");
        let name = volume["configMap"]["name"].as_str().unwrap();
        self.get("ConfigMap", name)["data"]["usher.toml"]
            .as_str()
            .unwrap()
    }

    fn volume(&self, name: &str) -> &Value {
        let volumes = self.pod()["volumes"].as_array().unwrap();
        volumes.iter().find(|one| one["name"] == name).unwrap()
    }

    fn mounts(&self) -> &Vec<Value> {
        self.container()["volumeMounts"].as_array().unwrap()
    }
}

/// What the validator says of a text: nothing, when Kubernetes' own schemas allow it.
fn complaints(python: &Path, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifests.yaml");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(python);
    let output = command
        .args(["-m", "kubernetes_validate", "--strict", "--quiet"])
        .arg(file)
        .output()
        .unwrap();
    let said = said(&output).trim().to_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
fn c11_kubernetes_own_schemas_allow_every_manifest() {
    let Some(python) = validators("the schemas of Kubernetes") else {
        return;
    };
    for folder in ALL {
        let Some(rendered) = Rendered::of(folder) else {
            return;
        };
        assert_eq!(complaints(&python, &rendered.text), "", "{folder}");
    }
    let secret = crate::support::read(&deploy("kubernetes/secret.example.yaml"));
    assert_eq!(complaints(&python, &secret), "");
}

#[test]
fn the_validator_notices_what_is_misspelt_and_what_has_the_wrong_type() {
    let Some(python) = validators("the schemas of Kubernetes") else {
        return;
    };
    let Some(rendered) = Rendered::of("base") else {
        return;
    };
    for (right, wrong) in [
        ("livenessProbe:", "livenesProbe:"),
        ("containerPort: 8080", "containerPort: \"8080\""),
        ("runAsNonRoot: true", "runAsNonRot: true"),
        ("minAvailable: 1", "minAvailable: [1]"),
    ] {
        assert!(rendered.text.contains(right), "{right}");
        let broken = rendered.text.replacen(right, wrong, 1);
        assert_ne!(complaints(&python, &broken), "", "{wrong}");
    }
}

/// Pod Security Standards, level restricted; and what they do not ask for.
#[test]
fn c11_pods_are_confined() {
    for folder in ALL {
        let Some(rendered) = Rendered::of(folder) else {
            return;
        };
        let (pod, container) = (rendered.pod(), rendered.container());
        assert_eq!(pod["containers"].as_array().unwrap().len(), 1);
        let confined = &pod["securityContext"];
        assert_eq!(confined["runAsNonRoot"], true);
        assert_eq!(confined["runAsUser"], 65532);
        assert_eq!(confined["seccompProfile"]["type"], "RuntimeDefault");
        let confined = &container["securityContext"];
        assert_eq!(confined["allowPrivilegeEscalation"], false);
        assert_eq!(confined["readOnlyRootFilesystem"], true);
        assert_eq!(confined["capabilities"], json!({"drop": ["ALL"]}));
        assert_eq!(pod["automountServiceAccountToken"], false);
        let account = rendered.get("ServiceAccount", "usher");
        assert_eq!(account["automountServiceAccountToken"], false);
        // Else Kubernetes sets USHER_PORT, which Usher takes for a misspelt setting.
        assert_eq!(pod["enableServiceLinks"], false);
        assert!(container["resources"]["limits"]["memory"].is_string());
        assert!(container["resources"]["requests"]["cpu"].is_string());
        for host in ["hostNetwork", "hostPID", "hostIPC"] {
            assert!(pod[host].is_null(), "{host}");
        }
        let namespace = rendered.get("Namespace", "usher");
        let enforced = &namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"];
        assert_eq!(enforced, "restricted");
    }
}

#[test]
fn c11_what_selects_pods_selects_the_deployments() {
    for folder in ALL {
        let Some(rendered) = Rendered::of(folder) else {
            return;
        };
        let deployment = &rendered.get("Deployment", "usher")["spec"];
        let labels = &deployment["template"]["metadata"]["labels"];
        let service = &rendered.get("Service", "usher")["spec"];
        let mut selectors = vec![
            &deployment["selector"]["matchLabels"],
            &service["selector"],
            &rendered.get("NetworkPolicy", "usher")["spec"]["podSelector"]["matchLabels"],
        ];
        let spread = rendered.pod()["topologySpreadConstraints"].as_array();
        let spread = spread.unwrap().iter();
        selectors.extend(spread.map(|one| &one["labelSelector"]["matchLabels"]));
        let replicas = deployment["replicas"].as_u64().unwrap();
        assert_eq!(
            rendered.count("PodDisruptionBudget"),
            usize::from(replicas > 1),
            "a budget for one replica never lets its node be emptied"
        );
        if replicas > 1 {
            let budget = &rendered.get("PodDisruptionBudget", "usher")["spec"];
            assert!(budget["minAvailable"].as_u64().unwrap() < replicas);
            selectors.push(&budget["selector"]["matchLabels"]);
        }
        for selector in selectors {
            let wanted = selector.as_object().unwrap();
            assert!(!wanted.is_empty());
            for (label, value) in wanted {
                assert_eq!(&labels[label], value, "{label} in {folder}");
            }
        }
        assert_eq!(service["ports"][0]["targetPort"], "http");
        assert_eq!(rendered.container()["ports"][0]["name"], "http");
    }
}

#[test]
fn c11_nothing_is_let_through_that_is_not_named() {
    let Some(rendered) = Rendered::of("base") else {
        return;
    };
    let deny = &rendered.get("NetworkPolicy", "deny-by-default")["spec"];
    assert_eq!(
        deny,
        &json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    );
    let policy = &rendered.get("NetworkPolicy", "usher")["spec"];
    let egress = policy["egress"].as_array().unwrap();
    let dns = &egress[0]["to"][0]["podSelector"]["matchLabels"];
    assert_eq!(dns, &json!({"k8s-app": "kube-dns"}), "not Usher's labels");
    let mut ports = BTreeSet::new();
    for rule in egress {
        assert!(!rule["to"].as_array().unwrap().is_empty());
        let listed = rule["ports"].as_array().unwrap().iter();
        ports.extend(listed.map(|port| port["port"].as_u64().unwrap()));
    }
    assert_eq!(ports, BTreeSet::from([53, 443, 5432]));
    let public = &egress[2]["to"][0]["ipBlock"];
    let except = texts(&public["except"]);
    for private in ["10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"] {
        assert!(except.contains(&private), "{private} by HTTPS");
    }
    for rule in policy["ingress"].as_array().unwrap() {
        assert!(!rule["from"].as_array().unwrap().is_empty());
        assert_eq!(rule["ports"], json!([{"port": "http", "protocol": "TCP"}]));
    }
}

#[test]
fn c11_secrets_are_files_that_the_example_has() {
    let secret = yaml(&deploy("kubernetes/secret.example.yaml"));
    let keys: BTreeSet<&str> = secret["stringData"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for folder in ALL {
        let Some(rendered) = Rendered::of(folder) else {
            return;
        };
        let mounts = rendered.mounts();
        let at = |name: &str| {
            let mount = mounts.iter().find(|mount| mount["name"] == name);
            mount.unwrap()["mountPath"].as_str().unwrap()
        };
        let named = named_below(rendered.configuration(), &format!("{}/", at("secrets")));
        let named: BTreeSet<&str> = named.into_iter().collect();
        assert!(named.contains("secrets-key"), "{folder}");
        assert!(named.is_subset(&keys), "{folder}: {named:?} of {keys:?}");
        if *folder == "base" {
            assert_eq!(named, keys, "each is used");
        }
        let volume = &rendered.volume("secrets")["secret"];
        assert_eq!(volume["secretName"], secret["metadata"]["name"]);
        assert_eq!(volume["defaultMode"], 0o440);
        // The only variable says where the configuration is: secrets in variables are seen by whoever sees the pod.
        let variables = &rendered.container()["env"];
        let file = format!("{}/usher.toml", at("config"));
        assert_eq!(variables, &json!([{"name": "USHER_CONFIG", "value": file}]));
        assert!(rendered.container()["envFrom"].is_null());
    }
}
