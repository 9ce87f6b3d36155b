//! An operator's orders about the running state of a target. They are no configuration, and outlive a restart.

use axum::http::StatusCode;
use balance::{Order, TargetId, UpstreamId};
use config::{Kind, Row};

use super::{answer::Fault, ask::Ask};

/// `PUT …/healthy`.
pub(super) async fn healthy(ask: Ask) -> Result<StatusCode, Fault> {
    steer(ask, "healthy", Order::Healthy).await
}

/// `PUT …/unhealthy`.
pub(super) async fn unhealthy(ask: Ask) -> Result<StatusCode, Fault> {
    steer(ask, "unhealthy", Order::Unhealthy).await
}

/// `DELETE …/exclusion`.
pub(super) async fn clear(ask: Ask) -> Result<StatusCode, Fault> {
    steer(ask, "clear", Order::Clear).await
}

async fn steer(
    ask: Ask,
    act: &'static str,
    order: impl Fn(UpstreamId, TargetId) -> Order,
) -> Result<StatusCode, Fault> {
    let view = ask.admin.control.view();
    let upstream = ask.parent_row(&view, Kind::Upstream)?;
    let target = view.document.child(Kind::Target, upstream.id, ask.at());
    let target = target.ok_or_else(|| Fault::no_such(Kind::Target, ask.at()))?;
    let orders: Vec<Order> = numbers(&ask, &upstream, &target)
        .into_iter()
        .map(|(upstream, target)| order(upstream, target))
        .collect();
    if orders.is_empty() {
        let message = "this target is not balanced: no endpoint, credential or model of its provider fits";
        return Err(Fault::new(StatusCode::CONFLICT, message));
    }
    let about = format!("{}/{}", upstream.label(), target.label());
    ask.admin.control.steer(orders, act, &about, &ask.asked()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the balancer calls them. A target that goes another way in each environment is two for the balancer.
fn numbers(ask: &Ask, upstream: &Row, target: &Row) -> Vec<(UpstreamId, TargetId)> {
    let snapshot = ask.admin.state.snapshot.load();
    let Some(upstream) = snapshot.upstreams.values().find(|it| it.uuid == upstream.id) else {
        return Vec::new();
    };
    let is_it = |id: &&TargetId| snapshot.targets.get(*id).is_some_and(|it| it.uuid == target.id);
    upstream.targets.iter().filter(is_it).map(|target| (upstream.id, *target)).collect()
}
